import { findItem, indexOfTime, itemAt } from './log.ts';
import { entriesEnd, type Goal, wantOlder } from './room.ts';
import { activeRoom, layoutOf, rowSource, updateActive, type WindowState } from './state.ts';
import { FOLLOW, isShown } from './viewport.ts';

/** Rows kept above the entry that a jump leads to, so that it does not stand alone. */
const CONTEXT_ROWS = 3;

/** The index of the entry that a person means by a time, a day or a word; undefined: no such. */
export function goTo(state: WindowState, where: string): number | Goal | undefined {
  const { log, readMark } = activeRoom(state);
  if (where === 'top') return log.first;
  if (where === 'end') return log.end;
  if (where === 'unread') return readMark ?? log.end;
  const at = parseTime(where, state.epoch + state.now);
  if (at === undefined) return undefined;
  const index = indexOfTime(log, at);
  const from = itemAt(log, log.first)?.at ?? at;
  return index > log.first || from <= at ? index : { type: 'time', at, from };
}

/** Local time; without a day, the latest such time that is past. */
function parseTime(text: string, now: number): number | undefined {
  const [, day, hour, minute] =
    /^(\d{4}-\d{2}-\d{2})?[t ]?(?:(\d{1,2}):(\d{2}))?$/.exec(text) ?? [];
  if (day === undefined && hour === undefined) return undefined;
  const date = day === undefined ? new Date(now) : new Date(`${day}T00:00:00`);
  date.setHours(Number(hour ?? 0), Number(minute ?? 0), 0, 0);
  if (day === undefined && date.getTime() > now) date.setDate(date.getDate() - 1);
  const at = date.getTime();
  return Number.isNaN(at) ? undefined : at;
}

/** Scrolls so that an entry is on the screen; one that is there already moves nothing. */
export function goToIndex(state: WindowState, index: number): WindowState {
  const room = activeRoom(state);
  if (index >= entriesEnd(room)) {
    return updateActive(state, (before) => ({ ...before, position: FOLLOW, unseen: 0 }));
  }
  const { log } = layoutOf(state);
  const source = rowSource(room, log.width);
  if (isShown(source, room.position, log.height, index)) return state;
  const item = Math.max(room.log.first, index - CONTEXT_ROWS);
  return updateActive(state, (before) => ({ ...before, position: { type: 'top', item, row: 0 } }));
}

/** Looks for a place that is further back than what we have, as far as the server still has it. */
export function seek(state: WindowState, goal: Goal): WindowState {
  const room = activeRoom(state);
  const wanting = wantOlder(room, goal);
  if (wanting !== room) return updateActive(state, () => wanting);
  return goal.type === 'time' ? goToIndex(state, room.log.first) : state;
}

/** The line that the picked line, or else the newest answer on the screen, answers. */
export function goToQuoted(state: WindowState): WindowState {
  const { log } = activeRoom(state);
  const start = state.picked ?? log.end - 1;
  const answer = findItem(
    log,
    start,
    -1,
    (item) => item.type === 'line' && item.quote !== undefined,
  );
  const item = answer === undefined ? undefined : itemAt(log, answer);
  const seq = item?.type === 'line' ? item.quote?.seq : undefined;
  if (answer === undefined || seq === undefined) return state;
  const quoted = findItem(log, answer, -1, (other) => other.type === 'line' && other.seq === seq);
  if (quoted !== undefined) return { ...goToIndex(state, quoted), picked: quoted };
  return seek(state, { type: 'seq', seq, from: activeRoom(state).past.oldest });
}
