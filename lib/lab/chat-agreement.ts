import type { ClientCore } from '../client/core.ts';
import type { Screen } from './chat-ledger.ts';
import { findDifference } from './room-ledger.ts';

/** Somebody who is there, and what they see. */
export interface Present {
  readonly core: ClientCore;
  readonly screen: Screen;
  /** Where they want to be. */
  readonly rooms: ReadonlySet<string>;
}

/**
 * What people do not agree on yet: who is online, what is answered, what was said in each room, who
 * is in it. `lasts`: numbers of the newest entries on disk. Undefined: they agree.
 */
export function findDisagreement(
  people: readonly Present[],
  lasts: ReadonlyMap<string, number>,
): string | undefined {
  for (const { core, screen } of people) {
    if (!screen.isOnline) return `${screen.name} is not online`;
    const pending = Math.max(core.pending, screen.pending.size);
    if (pending > 0) return `${screen.name} has ${pending} lines pending`;
  }
  for (const room of new Set(people.flatMap(({ rooms }) => [...rooms]))) {
    const problem = disagreementIn(room, people, lasts.get(room) ?? 0);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function disagreementIn(
  room: string,
  people: readonly Present[],
  last: number,
): string | undefined {
  const inside = people.filter(({ rooms }) => rooms.has(room));
  const nicks = inside.map(({ core }) => core.nick).sort();
  const [first] = inside;
  for (const { screen } of inside) {
    const shown = screen.rooms.get(room);
    if (shown === undefined) return `${screen.name} is not in ${room}`;
    const what = `${screen.name} in ${room}`;
    if (shown.lastSeq !== last) return `${what} is at ${shown.lastSeq} of ${last}`;
    const known = [...shown.roster].sort().join(' ');
    if (known !== nicks.join(' ')) return `${what} sees ${known}; there are ${nicks.join(' ')}`;
    const difference = findDifference(first?.screen.rooms.get(room) ?? shown, shown);
    if (difference !== undefined) return `${what}: ${difference}`;
  }
  return undefined;
}
