/** What stands in a message besides plain words: links, code, the reader's name. */

/** A piece of text that looks one way. Joined, the pieces give the text again. */
export interface Span {
  readonly text: string;
  readonly kind: 'text' | 'code' | 'link' | 'mention';
  /** Where a link leads: printable ASCII only. */
  readonly href?: string;
}

const FENCE = /(^|\n)(```[^\n]*\n[\s\S]*?(?:\n```(?=\n|$)|$))/g;
const INLINE = /(`[^`\n]+`)|(https?:\/\/[^\s<>"`{}|\\^]+)/gi;
const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[' };
/** Longest address that becomes a link; what browsers and terminals take. */
const MAX_HREF = 2048;
const HREF = /^[!-~]+$/;

/** Cuts a message into spans. `nick`: whose name is marked. */
export function parseMarkup(text: string, nick: string): Span[] {
  const spans: Span[] = [];
  if (!text.includes('`') && !text.includes('://')) {
    words(spans, text, nick);
    return spans;
  }
  let end = 0;
  for (const match of text.matchAll(FENCE)) {
    const start = match.index + (match[1]?.length ?? 0);
    inline(spans, text.slice(end, start), nick);
    spans.push({ text: match[2] ?? '', kind: 'code' });
    end = match.index + match[0].length;
  }
  inline(spans, text.slice(end), nick);
  return spans;
}

/** The addresses in a message, in order. */
export function findUrls(text: string): string[] {
  return parseMarkup(text, '').flatMap(({ href }) => (href === undefined ? [] : [href]));
}

/** Whether a text names someone, as a word of its own. */
export function mentions(text: string, nick: string): boolean {
  return nick !== '' && mentionAt(text, nick, 0) !== -1;
}

function inline(spans: Span[], text: string, nick: string): void {
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, address] = match;
    if (match.index < end) continue;
    const url = address === undefined ? undefined : balanced(address);
    const href = url === undefined ? undefined : toHref(url);
    if (code === undefined && href === undefined) continue;
    words(spans, text.slice(end, match.index), nick);
    const shown = code ?? url ?? whole;
    spans.push(
      href === undefined ? { text: shown, kind: 'code' } : { text: shown, kind: 'link', href },
    );
    end = match.index + shown.length;
  }
  words(spans, text.slice(end), nick);
}

/** Plain words, with the reader's name marked. */
function words(spans: Span[], text: string, nick: string): void {
  let end = 0;
  while (nick !== '' && end < text.length) {
    const at = mentionAt(text, nick, end);
    if (at === -1) break;
    if (at > end) spans.push({ text: text.slice(end, at), kind: 'text' });
    end = at + nick.length;
    spans.push({ text: text.slice(at, end), kind: 'mention' });
  }
  if (end < text.length) spans.push({ text: text.slice(end), kind: 'text' });
}

const WORD = /[\p{L}\p{N}\p{M}_-]/u;

function mentionAt(text: string, nick: string, from: number): number {
  const haystack = text.toLowerCase();
  const needle = nick.toLowerCase();
  // Lower case of another length (İ) would shift what follows: then only the exact name counts.
  const isSafe = haystack.length === text.length && needle.length === nick.length;
  const [where, what] = isSafe ? [haystack, needle] : [text, nick];
  for (let at = where.indexOf(what, from); at !== -1; at = where.indexOf(what, at + 1)) {
    const before = text.slice(Math.max(0, at - 1), at);
    const after = text.charAt(at + nick.length);
    if (!WORD.test(before) && !WORD.test(after)) return at;
  }
  return -1;
}

/** An address without the punctuation of the sentence around it. */
function balanced(address: string): string {
  let url = address;
  for (;;) {
    const last = url.at(-1) ?? '';
    const opener = CLOSERS[last];
    const isLoose = opener !== undefined && count(url, opener) < count(url, last);
    if (!isLoose && !/[.,;:!?'*_~]$/.test(last)) return url;
    url = url.slice(0, -1);
  }
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

function toHref(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { href } = new URL(url);
  return href.length <= MAX_HREF && HREF.test(href) ? href : undefined;
}
