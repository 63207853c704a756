import { utf8Length } from './bytes.ts';
import { NAME_BYTES_MAX, NICK_GRAPHEMES_MAX, ROOM_GRAPHEMES_MAX } from './config.ts';
import { sanitiseLine } from './sanitise.ts';
import { isMixedScript, skeleton } from './skeleton.ts';

export type NameError = 'empty' | 'too-long' | 'bad-character' | 'mixed-script' | 'reserved';

/** A valid name in canonical form, or what is wrong with it. */
export type NameResult =
  | { readonly name: string; readonly error?: undefined }
  | { readonly name?: undefined; readonly error: NameError; readonly reason: string };

let segmenter: Intl.Segmenter | undefined;
const ASCII = /^[ -~]*$/;
/** Signs with a meaning in commands and addresses; white space; blanks that pass for letters. */
const FORBIDDEN = /[@#:\s\u{2800}\p{Default_Ignorable_Code_Point}]/u;
/** Without one of these a name is a mark of the program's own: `*`, `--`. */
const SUBSTANCE = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;
/** Names that would speak for the program, or to everyone. */
const RESERVED = ['all', 'channel', 'everyone', 'here', 'server', 'system', 'udpchat'];
const EMOJI_GLUE = /\u{200c}|\u{200d}|\p{Variation_Selector}/gu;

function graphemes(text: string): number {
  if (ASCII.test(text)) return text.length;
  // Made when it is first needed: it takes some 10 ms, which a start has not got.
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  return [...segmenter.segment(text)].length;
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
  const checked = check('nick', nick, NICK_GRAPHEMES_MAX);
  if (checked.error !== undefined) return checked;
  if (!SUBSTANCE.test(nick)) {
    return { error: 'bad-character', reason: 'a nick has a letter, a digit or an emoji in it' };
  }
  if (isMixedScript(nick)) {
    return { error: 'mixed-script', reason: 'a nick does not mix alphabets that look alike' };
  }
  if (RESERVED_KEYS.has(nickKey(nick)) || RESERVED_KEYS.has(lookalikeKey(nick))) {
    return { error: 'reserved', reason: `the nick ${nick} is reserved` };
  }
  return checked;
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
 * Two nicks with one key are one nick: compatibility forms and case are folded (RFC 8266 section
 * 2.4: NFKC and lower case; upper case after it stands in for full case folding, so that `ß`, `SS`
 * and both sigmas agree).
 */
export function nickKey(nick: string): string {
  return nick.normalize('NFKC').toLowerCase().toUpperCase().normalize('NFKC');
}

/**
 * Two nicks with one look-alike key pass for one another: `dog` and `d0g`, `paypal` and its double
 * in Cyrillic letters (UTS 39). From the nick as written, since folding first would hide that a
 * capital `I` is an `l`.
 */
export function lookalikeKey(nick: string): string {
  return nickKey(skeleton(nick));
}

const RESERVED_KEYS: ReadonlySet<string> = new Set(
  RESERVED.flatMap((word) => [nickKey(word), lookalikeKey(word)]),
);
