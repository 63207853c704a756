import { CONFUSABLES } from './confusables.ts';

/** What most names are made of, and the few of it that the table says look like something else. */
const PLAIN = /^[a-zA-Z0-9_.-]*$/;
const PLAIN_LOOKALIKES: Readonly<Record<string, string>> = { I: 'l', 0: 'O', 1: 'l', m: 'rn' };

/** Scripts whose letters pass for one another's; a nick has letters of one of them at most. */
const LOOKALIKE_SCRIPTS = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Cherokee',
  'Coptic',
  'Deseret',
  'Georgian',
  'Lisu',
  'Osage',
  'Tifinagh',
].map((script) => new RegExp(`\\p{Script=${script}}`, 'u'));

let table: ReadonlyMap<string, string> | undefined;

function fromHex(word: string): string {
  return word
    .split('+')
    .map((point) => String.fromCodePoint(Number.parseInt(point, 16)))
    .join('');
}

/** Unpacked when the first nick needs it: most never do. */
function confusables(): ReadonlyMap<string, string> {
  if (table !== undefined) return table;
  const unpacked = new Map<string, string>();
  let target = '';
  for (const word of CONFUSABLES.trim().split(/\s+/)) {
    if (word.endsWith(':')) target = fromHex(word.slice(0, -1));
    else unpacked.set(fromHex(word), target);
  }
  table = unpacked;
  return table;
}

/**
 * The skeleton of UTS 39, section 4, without its bidirectional part: two texts with one skeleton
 * look alike. It is for comparing, never for showing.
 */
export function skeleton(text: string): string {
  if (PLAIN.test(text)) return text.replace(/[I01m]/g, (char) => PLAIN_LOOKALIKES[char] ?? char);
  const like = confusables();
  const map = (char: string): string => like.get(char) ?? char;
  const mapped = Array.from(text.normalize('NFD'), (char) => {
    return like.get(char) ?? Array.from(char.normalize('NFKD'), map).join('');
  });
  return mapped.join('').normalize('NFD');
}

/**
 * Whether a name mixes alphabets that share letter shapes, as `еmily` with a Cyrillic `е` does: the
 * part of UTS 39's "moderately restrictive" level that catches impostors. Han with Latin is fine.
 */
export function isMixedScript(text: string): boolean {
  return LOOKALIKE_SCRIPTS.filter((script) => script.test(text)).length > 1;
}
