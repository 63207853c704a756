import { sanitiseLine, sanitiseText } from '../../lib/entry/words.ts';
import type { ClientEvent } from '../../lib/index.ts';
import { failedLines } from './model/failed.ts';
import { itemAt, type LogItem } from './model/log.ts';
import { activeRoom, findRoom, type WindowState } from './model/state.ts';

const SIGNS = {
  info: '--',
  join: '-->',
  leave: '<--',
  gone: '<--',
  error: '!!',
  plain: '',
} as const;

/**
 * What a step of the window has brought, a line an entry, for those who hear or keep it instead of
 * looking at it. `own`: also the lines of the person themselves, who may have seen them as typed.
 */
export function newLines(
  before: WindowState,
  after: WindowState,
  options: { readonly own: boolean },
): string[] {
  return after.rooms.flatMap((room) => {
    const known = findRoom(before, room.name)?.log.end ?? 0;
    const lines: string[] = [];
    const waited = findRoom(before, room.name)?.pending ?? [];
    for (const line of failedLines(room)) {
      const isNews = waited.some(({ id, mark }) => id === line.id && mark !== 'failed');
      if (isNews) lines.push(...plainText(line, whereOf(room.name, after)));
    }
    for (let index = Math.max(known, room.log.first); index < room.log.end; index++) {
      const item = itemAt(room.log, index);
      if (item === undefined) continue;
      if (item.type === 'line' && item.own && !options.own) continue;
      lines.push(...plainText(item, whereOf(room.name, after)));
    }
    return lines;
  });
}

/** A part of the log of the room that is shown, from an entry on, between two lines that say so. */
export function linesFrom(state: WindowState, first: number, count: number): string[] {
  const { log } = activeRoom(state);
  const start = Math.max(first, log.first);
  const end = Math.min(start + count, log.end);
  const items = Array.from({ length: Math.max(0, end - start) }, (_, i) => itemAt(log, start + i));
  const lines = items.flatMap((item) => (item === undefined ? [] : plainText(item, '')));
  const day = new Date(items[0]?.at ?? 0).toDateString();
  const more =
    end < log.end ? `${log.end - end} more after these; /goto HH:MM leads on` : 'that is all';
  return [`-- ${day}`, ...lines, `-- ${more}`];
}

/** Which room a line is from, when it is another than the one that is shown. */
function whereOf(room: string, { room: shown }: WindowState): string {
  return room === shown ? '' : `${sanitiseLine(room)} `;
}

/** What changes an earlier line: said, since nothing that was printed can be changed. */
export function changeText(event: ClientEvent): string | undefined {
  if (event.type !== 'edit' && event.type !== 'delete' && event.type !== 'react') return undefined;
  const { nick, ref } = event;
  const who = sanitiseLine(nick);
  switch (event.type) {
    case 'edit':
      return `-- ${who} edited #${ref}: ${sanitiseLine(event.text)}`;
    case 'delete':
      return `-- ${who} deleted #${ref}`;
    case 'react': {
      const does = event.on ? 'reacts' : 'no longer reacts';
      return `-- ${who} ${does} to #${ref} with ${sanitiseLine(event.text)}`;
    }
  }
}

function plainText(item: LogItem, where: string): string[] {
  const time = new Date(item.at).toTimeString().slice(0, 5);
  if (item.type === 'note') {
    const [first = '', ...more] = sanitiseText(item.text).split('\n');
    const sign = SIGNS[item.level];
    return [`${time} ${where}${sign === '' ? '' : `${sign} `}${first}`, ...more];
  }
  const nick = sanitiseLine(item.nick);
  const quote = item.quote === undefined ? '' : `(to ${sanitiseLine(item.quote.nick)}) `;
  const failed = item.mark === 'failed' ? ' (not sent)' : '';
  const who = item.kind === 'action' ? `* ${nick}` : `<${nick}>`;
  const text = item.deleted === true ? '(deleted)' : sanitiseText(item.text);
  const [first = '', ...more] = text.split('\n');
  return [`${time} ${where}${who} ${quote}${first}${failed}`, ...more.map((line) => `  ${line}`)];
}
