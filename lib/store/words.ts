const UNSPACED_SCRIPTS = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'];
/** Before a sign of a script that is written without spaces: each counts as a word. */
const UNSPACED = new RegExp(
  `(?=[${UNSPACED_SCRIPTS.map((script) => `\\p{Script=${script}}`).join('')}])`,
  'gu',
);
/** Words of one query; more are ignored. */
const QUERY_WORDS_MAX = 16;

/** Text as the index splits it: at everything that is neither letter nor digit. */
export function toIndexed(text: string): string {
  return text.replace(UNSPACED, ' ');
}

/** Text as words with one space around each: what the index keeps, for a search without one. */
export function toWords(text: string): string {
  const bare = toIndexed(text.toLowerCase().normalize('NFD')).replace(/\p{M}+/gu, '');
  return ` ${bare.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()} `;
}

/** The words of a query that can be found at all, lower case. `lun*` finds all that begins so. */
export function queryWords(query: string): string[] {
  return query
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .slice(0, QUERY_WORDS_MAX);
}

/** A query in FTS5's language: all words, each as a phrase, so that no sign is an operator. */
export function toMatch(words: readonly string[]): string {
  return words
    .map((word) => {
      const isPrefix = word.length > 2 && word.endsWith('*');
      const phrase = toIndexed(isPrefix ? word.slice(0, -1) : word).replaceAll('"', '""');
      return `"${phrase}"${isPrefix ? '*' : ''}`;
    })
    .join(' ');
}
