import { readFileSync } from 'node:fs';
import t from 'tap';
import { COMMANDS } from '../../../cli/tui/model/commands.ts';

/** The registry as the table that README.md has. */
function table(): string {
  const rows = COMMANDS.map(({ usage, help }) => [`\`${usage}\``, help] as const);
  const all = [['In the chat', 'does'] as const, ...rows];
  const [left, right] = [0, 1].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (a: string, b: string, fill = ' '): string =>
    `| ${a.padEnd(left ?? 0, fill)} | ${b.padEnd(right ?? 0, fill)} |`;
  const [head, ...body] = all.map(([a, b]) => line(a, b));
  return [head, line('', '', '-'), ...body].join('\n');
}

t.test('README shows the commands that there are', async (t) => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  t.ok(readme.includes(table()), `README.md should have this table:\n${table()}`);
});

t.test('a command has one name, a usage that begins with it, and one line of help', async (t) => {
  const names = COMMANDS.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  for (const { name, usage, help } of COMMANDS) {
    t.match(usage, new RegExp(`^/${name}\\b`), name);
    t.notMatch(help, /\n|\.$/, name);
  }
});
