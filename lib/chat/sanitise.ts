import { LINE_UNITS_MAX, MARKS_PER_CLUSTER_MAX, TAB_COLUMNS, TEXT_UNITS_MAX } from './config.ts';

const CONTROLS_BUT_NEWLINE = /(?!\n)\p{Control}/gu;
const SURROGATES_AND_NONCHARACTERS = /[\p{Surrogate}\p{Noncharacter_Code_Point}]/gu;
/**
 * Bidi controls, zero-width characters, BOM, tags, fillers: what Unicode says to render as nothing.
 */
const INVISIBLE = /(?![\p{Variation_Selector}\u{200c}\u{200d}])\p{Default_Ignorable_Code_Point}/gu;
const SEPARATORS_AND_ANNOTATIONS = /[\u{2028}\u{2029}\u{fff9}-\u{fffb}]/gu;
/**
 * Marks and joiners with nothing before them would attach to what the screen shows before the text.
 */
const ORPHANS = /(?<=^|\n)[\p{M}\u{200c}\u{200d}]+/gu;
/** A joiner is kept only inside a word or an emoji sequence. */
const BEFORE_JOINER = '[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}]';
const AFTER_JOINER = '[\\p{L}\\p{Extended_Pictographic}]';
const JOINER = '[\\u{200c}\\u{200d}]';
const LOOSE_JOINER = new RegExp(
  `(?<!${BEFORE_JOINER})${JOINER}|${JOINER}(?!${AFTER_JOINER})`,
  'gu',
);
const TOO_MANY_MARKS = new RegExp(`(\\p{M}{${MARKS_PER_CLUSTER_MAX}})\\p{M}+`, 'gu');
const TRAILING_JOINERS = /[\u{200c}\u{200d}]+$/u;
const PLAIN = /^[\n\u{20}-\u{7e}]*$/u;

/** C0 as Control Pictures: ESC is a visible U+241B instead of the start of a terminal's command. */
function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code > 0x7f) return '\u{fffd}';
  return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
}

/** At most `units` UTF-16 units, never half a surrogate pair. */
function truncate(text: string, units: number): string {
  if (text.length <= units) return text;
  const last = text.charCodeAt(units - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? units - 1 : units);
}

/**
 * Text of a peer made safe to put on a terminal, in a log or in a window: nothing in it moves the
 * cursor, hides, or changes the order of what stands around it. Keeps line feeds, expands tabs,
 * makes control characters visible. Idempotent; at most `units` UTF-16 units long.
 */
export function sanitiseText(text: string, units: number = TEXT_UNITS_MAX): string {
  const short = truncate(text, units);
  if (PLAIN.test(short)) return short;
  const clean = short
    .replaceAll('\t', ' '.repeat(TAB_COLUMNS))
    .replace(CONTROLS_BUT_NEWLINE, picture)
    .replace(SURROGATES_AND_NONCHARACTERS, '\u{fffd}')
    .replace(INVISIBLE, '')
    .replace(SEPARATORS_AND_ANNOTATIONS, '')
    .replace(ORPHANS, '')
    .replace(LOOSE_JOINER, '')
    .replace(TOO_MANY_MARKS, '$1');
  return truncate(clean, units).replace(TRAILING_JOINERS, '');
}

/** `sanitiseText` for what stands in one line, a nick or a reason: line feeds become spaces. */
export function sanitiseLine(text: string, units: number = LINE_UNITS_MAX): string {
  const short = truncate(text, units);
  return sanitiseText(short.includes('\n') ? short.replaceAll('\n', ' ') : short, units);
}
