import { utf8Length } from '../chat/bytes.ts';
import { KEY_BYTES_MAX } from '../chat/config.ts';
import type { Refusal } from './journal.ts';
import { parseRow, type TablePut } from './table.ts';

export const ROOM_TABLE = 'rooms';

/** What is settled about a room, and outlives the server. */
export interface RoomSettings {
  readonly topic: string;
  /** Whose room it is, by `Session.owner`; empty: nobody's. */
  readonly founder: string;
  /** What opens it; empty: it is open. */
  readonly key: string;
  readonly isInviteOnly: boolean;
  readonly isTopicLocked: boolean;
  /** Lines of the past that a newcomer is shown at most; Infinity: as many as they want. */
  readonly depth: number;
}

export const BLANK: RoomSettings = {
  topic: '',
  founder: '',
  key: '',
  isInviteOnly: false,
  isTopicLocked: false,
  depth: Infinity,
};

/** `+` and a letter for each mode that is on. The key itself is a secret. */
export function formatModes({ key, isInviteOnly, isTopicLocked, depth }: RoomSettings): string {
  const letters = [
    depth === Infinity ? '' : 'h',
    isInviteOnly ? 'i' : '',
    key === '' ? '' : 'k',
    isTopicLocked ? 't' : '',
  ].join('');
  return letters === '' ? '' : `+${letters}`;
}

const USAGE = 'modes: +i -i invitation only, +k KEY -k, +t -t topic locked, +h LINES -h history';

/** The settings that `text` (`+k KEY`, `-i`) asks for, and what of it everybody may see. */
export function changeModes(
  text: string,
): { readonly settings: Partial<RoomSettings>; readonly shown: string } | Refusal {
  const [, sign, letter, argument = ''] = /^([+-])(\p{L})(?:\s+(\S+))?\s*$/u.exec(text) ?? [];
  const isOn = sign === '+';
  const shown = `${sign}${letter}`;
  switch (letter) {
    case 'i':
      return { settings: { isInviteOnly: isOn }, shown };
    case 't':
      return { settings: { isTopicLocked: isOn }, shown };
    case 'k': {
      if (!isOn) return { settings: { key: '' }, shown };
      if (argument === '' || utf8Length(argument) > KEY_BYTES_MAX) {
        const reason = `a key has 1 to ${KEY_BYTES_MAX} bytes and no spaces`;
        return { code: 'key-invalid', reason };
      }
      return { settings: { key: argument }, shown };
    }
    case 'h': {
      if (!isOn) return { settings: { depth: Infinity }, shown };
      if (!/^\d{1,6}$/.test(argument)) return { code: 'mode-invalid', reason: USAGE };
      return { settings: { depth: Number(argument) }, shown: `${shown} ${argument}` };
    }
    default:
      return { code: 'mode-invalid', reason: USAGE };
  }
}

/** Settings as a row of `ROOM_TABLE`. */
export function roomRow(room: string, { depth, ...settings }: RoomSettings): TablePut {
  const finite = depth === Infinity ? {} : { depth };
  const value = JSON.stringify({ ...settings, ...finite });
  return { table: ROOM_TABLE, key: room, value };
}

/** The settings that a row holds; what makes no sense is as in a new room. */
export function parseRoomRow(value: string): RoomSettings {
  const row = parseRow(value) ?? {};
  const text = (name: string): string => (typeof row[name] === 'string' ? row[name] : '');
  const { depth } = row;
  return {
    topic: text('topic'),
    founder: text('founder'),
    key: text('key'),
    isInviteOnly: row['isInviteOnly'] === true,
    isTopicLocked: row['isTopicLocked'] === true,
    depth: typeof depth === 'number' && depth >= 0 ? depth : Infinity,
  };
}
