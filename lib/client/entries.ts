import { toHex } from '../chat/bytes.ts';
import type { ServerRecord } from '../chat/schema.ts';
import type { ClientEvent } from './events.ts';

type Entry = Extract<ServerRecord, { type: 'message' }>;

/** Whether an entry is something that somebody said, and so something to read. */
export function isLine({ kind }: Entry): boolean {
  return kind === 'text' || kind === 'action';
}

/** An entry of a room's log as an event; undefined when it is of a kind that we don't know. */
export function entryEvent(
  entry: Entry,
  flags: { readonly own: boolean; readonly history: boolean },
): ClientEvent | undefined {
  const { room, seq, nick, kind, text, at, ref, to } = entry;
  const common = { room, seq, nick, at, ...flags };
  switch (kind) {
    case 'text':
    case 'action': {
      const id = toHex(entry.id);
      const answers = ref === 0 ? {} : { ref };
      // An old line comes as it reads now: with its last text, or with none.
      const change = text === '' ? { deleted: true } : { edited: true };
      const changed = entry.edited === 0 ? {} : change;
      return { type: 'message', ...common, id, kind, text, ...answers, ...changed };
    }
    case 'edit':
      // A later edit took its place, or a delete.
      return text === '' ? undefined : { type: 'edit', ...common, ref, text };
    case 'delete':
      return { type: 'delete', ...common, ref };
    case 'react':
    case 'unreact':
      return { type: 'react', ...common, ref, text, on: kind === 'react' };
    case 'topic':
      return { type: 'topic', ...common, topic: text };
    case 'unknown':
      return undefined;
    default:
      return { type: 'act', ...common, act: kind, to, text };
  }
}
