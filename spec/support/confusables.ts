/**
 * Makes lib/chat/confusables.ts from Unicode's own table of look-alikes:
 *
 *   node --import @tapjs/typescript/import spec/support/confusables.ts confusables.txt
 *
 * The table is https://www.unicode.org/Public/security/latest/confusables.txt (UTS 39). What
 * compatibility decomposition (NFKD) finds by itself, and what no nick may hold, is left out; that
 * the rest gives the same skeleton for every entry is checked before anything is written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OUTPUT = fileURLToPath(new URL('../../lib/chat/confusables.ts', import.meta.url));
const ENTRY = /^([0-9A-F]+)\s*;\s*([0-9A-F ]+?)\s*;/;
/** As lib/chat/names.ts has it. */
const NOT_IN_NICKS = /[\s\p{C}\p{Default_Ignorable_Code_Point}@#:]/u;
const COLUMNS = 96;

type Table = ReadonlyMap<string, string>;

function readTable(text: string): Table {
  const entries = text.split('\n').flatMap((line): [string, string][] => {
    const [, source = '', target = ''] = ENTRY.exec(line) ?? [];
    if (source === '') return [];
    const points = target.split(' ').map((hex) => Number.parseInt(hex, 16));
    return [[String.fromCodePoint(Number.parseInt(source, 16)), String.fromCodePoint(...points)]];
  });
  return new Map(entries.filter(([source]) => source.normalize('NFD') === source));
}

/** The skeleton of UTS 39 by the whole table. */
function skeleton(table: Table, text: string): string {
  const mapped = Array.from(text.normalize('NFD'), (char) => table.get(char) ?? char);
  return mapped.join('').normalize('NFD');
}

function reduce(table: Table): Map<string, string> {
  const kept = [...table].filter(([source, target]) => {
    if (NOT_IN_NICKS.test(source)) return false;
    const plain = source.normalize('NFKD');
    return plain === source || skeleton(table, plain) !== target;
  });
  const small = new Map(kept);
  for (const [source, target] of table) {
    if (NOT_IN_NICKS.test(source)) continue;
    const plain = small.get(source) ?? skeleton(small, source.normalize('NFKD'));
    if (plain.normalize('NFD') !== target) throw new Error(`${source} would become ${plain}`);
  }
  return small;
}

function hex(text: string): string {
  return Array.from(text, (char) => (char.codePointAt(0) ?? 0).toString(16)).join('+');
}

function pack(table: Table): string {
  const sources = new Map<string, string[]>();
  for (const [source, target] of table) {
    const others = sources.get(target) ?? [];
    sources.set(target, [...others, hex(source)]);
  }
  const words = [...sources].flatMap(([target, list]) => [`${hex(target)}:`, ...list]);
  let line = '';
  const lines: string[] = [];
  for (const word of words) {
    if (line.length + word.length >= COLUMNS) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}

const [, , path = 'confusables.txt'] = process.argv;
const input = readFileSync(path, 'utf8');
const version = /Version: ([\d.]+)/.exec(input)?.[1] ?? 'unknown';
writeFileSync(
  OUTPUT,
  `/**
 * Look-alikes of Unicode ${version} (UTS 39, confusables.txt), made by spec/support/confusables.ts.
 * \`target: source source …\` in hexadecimal, \`+\` between code points: each source looks like its
 * target. The data is (c) Unicode, Inc. and used under the Unicode License V3,
 * https://www.unicode.org/license.txt.
 */
export const CONFUSABLES = \`
${pack(reduce(readTable(input)))}
\`;
`,
);
