import { utf8Length } from './bytes.ts';
import { NAME_BYTES_MAX, NICK_GRAPHEMES_MAX, ROOM_GRAPHEMES_MAX } from './config.ts';
import { sanitiseLine } from './sanitise.ts';

export type NameError = 'empty' | 'too-long' | 'bad-character';

/** A valid name in canonical form, or what is wrong with it. */
export type NameResult =
  | { readonly name: string; readonly error?: undefined }
  | { readonly name?: undefined; readonly error: NameError; readonly reason: string };

const SEGMENTER = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** Signs with a meaning in commands and addresses; white space; blanks that pass for letters. */
const FORBIDDEN = /[@#:\s\u{2800}\p{Default_Ignorable_Code_Point}]/u;
const EMOJI_GLUE = /\u{200c}|\u{200d}|\p{Variation_Selector}/gu;

function graphemes(text: string): number {
  return [...SEGMENTER.segment(text)].length;
}

function check(what: string, name: string, limit: number): NameResult {
  if (name === '') return { error: 'empty', reason: `a ${what} cannot be empty` };
  if (utf8Length(name) > NAME_BYTES_MAX || graphemes(name) > limit) {
    const reason = `a ${what} has at most ${limit} characters (${NAME_BYTES_MAX} bytes)`;
    return { error: 'too-long', reason };
  }
  // The sanitiser's opinion of what is safe to show is the one opinion.
  if (sanitiseLine(name) !== name || FORBIDDEN.test(name.replace(EMOJI_GLUE, ''))) {
    const reason = `a ${what} has no spaces, control characters, "@", "#" or ":"`;
    return { error: 'bad-character', reason };
  }
  return { name };
}

/** Trims and normalises (NFC) a nick and says whether people may carry it. */
export function validateNick(raw: string): NameResult {
  // A bound before the costly part: normalising can be slow on hostile input.
  const nick = raw
    .slice(0, NAME_BYTES_MAX + 1)
    .normalize('NFC')
    .trim();
  return check('nick', nick, NICK_GRAPHEMES_MAX);
}

/** A room's name with its `#`, normalised (NFC) and in lower case. */
export function validateRoom(raw: string): NameResult {
  const room = raw
    .slice(0, NAME_BYTES_MAX + 1)
    .normalize('NFC')
    .trim()
    .toLowerCase();
  if (!room.startsWith('#')) {
    return { error: 'bad-character', reason: 'the name of a room begins with "#"' };
  }
  const checked = check('room name', room.slice(1), ROOM_GRAPHEMES_MAX - 1);
  return checked.error === undefined ? { name: room } : checked;
}

/**
 * Two nicks with one key are one nick: compatibility forms and case are folded (NFKC; lower then
 * upper case stands in for full case folding, so that `ß`, `SS` and both sigmas agree).
 */
export function nickKey(nick: string): string {
  return nick.normalize('NFKC').toLowerCase().toUpperCase().normalize('NFKC');
}
