/**
 * Text as the cells of a terminal see it: grapheme clusters and how many columns each takes.
 *
 * Terminals disagree about nearly every complex cluster; what is decided here is kept true on the
 * screen by the painter, which positions the cursor around each cluster that is not `isPlain`.
 */

/** Where every UTF-16 unit is a cluster of its own, whatever its neighbours from here. */
const SINGLE_UNITS = [
  ' -~\u00a1-\u00ac\u00ae-\u02ff', // Latin without the soft hyphen
  '\u0370-\u0482\u048a-\u052f', // Greek, Cyrillic
  '\u2010-\u2027\u2190-\u21ff\u2500-\u257f', // punctuation, arrows, lines
  '\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\uff01-\uff5e', // kana, full width
  '\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3', // Han, Hangul syllables
].join('');
const ALL_SINGLE = new RegExp(`^[${SINGLE_UNITS}]*$`);
/** Everything else, with a unit at each side that it may join. */
const OTHERS = new RegExp(`(?:[${SINGLE_UNITS}]?[^${SINGLE_UNITS}])+[${SINGLE_UNITS}]?`, 'g');
/** One emoji, and what stands beside it. */
const PICTURE = new RegExp(`^[${SINGLE_UNITS}]?\\p{Extended_Pictographic}[${SINGLE_UNITS}]?$`, 'u');

/** First and last code point of what East Asian Width (UAX 11) calls wide, emoji left out. */
const WIDE_RANGES: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Regional_Indicator})/u;
const EMOJI_BY_SELECTOR = /^\p{Emoji}[\s\S]*\ufe0f/u;
/** A cluster that starts so has nothing to stand on: marks, formats, controls, lone surrogates. */
const NO_BASE = /^[\p{M}\p{C}\p{Zl}\p{Zp}]/u;
const PLAIN = /^[\u0020-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2500-\u259f]$/;

/** UTF-16 units that one cell carries at most; "Zalgo" text has no end otherwise. */
const MAX_CLUSTER_UNITS = 32;

const ASCII = /^[ -~]*$/;

/** Printable ASCII and nothing else: every character is a cluster of one column. */
export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

let segmenter: Intl.Segmenter | undefined;

/** Splits into grapheme clusters (UAX 29); joined, they give `text` again. */
export function clusters(text: string): string[] {
  if (ALL_SINGLE.test(text)) return text.split('');
  const parts: string[] = [];
  let end = 0;
  for (const { 0: run, index } of text.matchAll(OTHERS)) {
    for (let at = end; at < index; at++) parts.push(text.charAt(at));
    for (const part of segments(run)) parts.push(part);
    end = index + run.length;
  }
  for (let at = end; at < text.length; at++) parts.push(text.charAt(at));
  return parts;
}

function segments(text: string): string[] {
  if (PICTURE.test(text)) return Array.from(text);
  // Made when it is first needed: it takes some 10 ms, which a start has not got.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), (part) => part.segment);
}

/** Kinds of clusters that many terminals measure each in their own way. */
export type ClusterClass = 'joined' | 'skin' | 'selector' | 'flag' | 'keycap';

/** What this terminal gets wrong; a property of the terminal, so the same for the whole process. */
let simplified: ReadonlySet<ClusterClass> = new Set();

/** Shows clusters of these classes in a simpler form from now on, see `probe.ts`. */
export function simplify(classes: ReadonlySet<ClusterClass>): void {
  simplified = classes;
}

/** A joined family becomes its first member, all flags become one. */
function simple(cluster: string): string {
  let shown = cluster;
  if (simplified.has('keycap')) shown = shown.replace(/\ufe0f?\u20e3/gu, '');
  if (simplified.has('joined')) shown = shown.replace(/\u200d[\s\S]*$/u, '');
  if (simplified.has('skin')) shown = shown.replace(/(?<=.)\p{Emoji_Modifier}/gu, '');
  if (simplified.has('selector')) shown = shown.replace(/\ufe0f/gu, '');
  if (simplified.has('flag') && /^\p{Regional_Indicator}/u.test(shown)) return '⚑';
  return shown;
}

/** What a cell shows of a cluster: never a control, never a mark without a base, bounded. */
export function printable(cluster: string): string {
  if (cluster.length === 1 && isLatin(cluster.charCodeAt(0))) return cluster;
  if (NO_BASE.test(cluster)) return '\ufffd';
  const shown = simplified.size > 0 && cluster.length > 1 ? simple(cluster) : cluster;
  return shown.length > MAX_CLUSTER_UNITS ? truncateCluster(shown) : shown;
}

function truncateCluster(cluster: string): string {
  const last = cluster.charCodeAt(MAX_CLUSTER_UNITS - 1);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return cluster.slice(0, MAX_CLUSTER_UNITS - (splitsPair ? 1 : 0));
}

/** Columns that a printable cluster takes: 1 or 2. */
export function clusterWidth(cluster: string): 1 | 2 {
  if (cluster.length === 1 && cluster.charCodeAt(0) < 0x300) return 1;
  const first = cluster.codePointAt(0) ?? 0;
  if (isWide(first) || EMOJI.test(cluster) || EMOJI_BY_SELECTOR.test(cluster)) return 2;
  return 1;
}

/** Whether all terminals agree on the width of this cluster. */
export function isPlain(cluster: string): boolean {
  if (cluster.length !== 1) return false;
  const unit = cluster.charCodeAt(0);
  return isLatin(unit) || PLAIN.test(cluster) || isWide(unit);
}

/** Printable Latin without the soft hyphen: most cells of most screens. */
function isLatin(unit: number): boolean {
  return unit >= 0x20 && unit < 0x300 && (unit < 0x7f || unit > 0xa0) && unit !== 0xad;
}

function isWide(codePoint: number): boolean {
  if (codePoint < 0x1100) return false;
  let low = 0;
  let high = WIDE_RANGES.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = WIDE_RANGES[middle] ?? [0, 0];
    if (codePoint < from) high = middle - 1;
    else if (codePoint > to) low = middle + 1;
    else return true;
  }
  return false;
}

/** Columns that a text takes when painted in one row. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const cluster of clusters(text)) width += clusterWidth(printable(cluster));
  return width;
}

/** The longest start of `text` that fits into `width` columns; an ellipsis marks a cut. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const cluster of clusters(text)) {
    used += clusterWidth(printable(cluster));
    if (used > width) break;
    kept += cluster;
  }
  return width > 0 ? `${kept}…` : '';
}

/** `text` cut or filled with spaces to exactly `width` columns. */
export function pad(text: string, width: number): string {
  const cut = truncate(text, width);
  return cut + ' '.repeat(Math.max(0, width - textWidth(cut)));
}
