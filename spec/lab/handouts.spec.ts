import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const LABS = at('../../examples/labs');
const MAIN = at('../../dist/cli/main.js');

/** How far a figure may be from what a handout says, as its README has it. */
const TOLERANCE = 0.1;
/** Where a handout has few digits: Mbit/s, ms or packets. */
const LEAST_TOLERANCE = 0.001;

const FIGURES = new RegExp(
  String.raw`goodput (?<goodput>\S+) Mbit/s +p50 (?<p50>\S+) ms +p99 (?<p99>\S+) ms +` +
    String.raw`max (?<max>\S+) ms\nsent (?<sent>\d+) +lost on the way (?<lost>\d+) +` +
    String.raw`sent again or copied (?<again>\d+)`,
);

// Many short runs, one after the other, on a machine that may be busy.
t.setTimeout(300_000);

t.before(() => execFileSync(process.execPath, [at('../support/ensure.mjs')]));

/** A table of Markdown: its head, and its rows of cells. */
interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The commands of each block of a handout, and the table behind it. */
function sections(text: string): { commands: string[]; table: Table }[] {
  return [...text.matchAll(/```sh\n(.*?)```(.*?)(?=```sh|$)/gs)].map(
    ([, block = '', rest = '']) => {
      const commands = block.trim().split('\n');
      const lines = rest.split('\n').filter((line) => line.startsWith('|'));
      const [head = [], , ...rows] = lines.map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
      return { commands, table: { head, rows } };
    },
  );
}

/** The words of a command, as a shell takes them apart. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

function run(cwd: string, command: string): { status: number | null; out: string; err: string } {
  const [program, ...args] = wordsOf(command);
  t.equal(program, 'udpchat', command);
  const short = args.map((word, i) => shortened(args[i - 1], word));
  const expect = short.map((word) => (word.endsWith('.toml') ? join(LABS, word) : word));
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...expect], {
    cwd,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

/** A sweep as short as will do to see whether its figures hold: two losses, one repetition. */
function shortened(flag: string | undefined, word: string): string {
  if (flag === '--loss') return ends(word.split(',')).join(',');
  return flag === '--reps' ? '1' : word;
}

/** The first and the last. */
function ends<T>(all: readonly T[]): T[] {
  return all.filter((_, i) => i === 0 || i === all.length - 1);
}

function isNear(found: number, expected: number): boolean {
  return Math.abs(found - expected) <= Math.max(LEAST_TOLERANCE, TOLERANCE * Math.abs(expected));
}

/** Holds what a run printed against a row: the columns name the figures. */
function compareRun(out: string, { head }: Table, row: readonly string[]): void {
  const figures = FIGURES.exec(out)?.groups ?? {};
  for (const [i, title] of head.entries()) {
    if (i === 0) continue;
    const [name = ''] = title.split(',');
    const [found, expected] = [Number(figures[name]), Number(row[i])];
    t.ok(isNear(found, expected), `${row[0]}: ${name} is ${found}, expected ${expected}`);
  }
}

/** Holds the results of a sweep against a table of goodput: a row a loss, a column an ARQ. */
function compareSweep(csv: string, { head, rows }: Table): void {
  const [names = '', ...lines] = csv.trim().split('\n');
  const columns = names.split(',');
  const cells = lines.map((line) => line.split(','));
  const value = (cell: readonly string[], name: string): string =>
    cell[columns.indexOf(name)] ?? '';
  for (const row of ends(rows)) {
    for (const [i, arq] of head.entries()) {
      if (i === 0) continue;
      const cell = cells.find(
        (each) => `${value(each, 'loss_percent')} %` === row[0] && value(each, 'arq') === arq,
      );
      const [found, expected] = [Number(value(cell ?? [], 'goodput_bps')) / 1e6, Number(row[i])];
      t.ok(isNear(found, expected), `${row[0]} ${arq}: ${found}, expected ${expected}`);
    }
  }
}

const handouts = readdirSync(LABS).filter((name) => /^\d.*\.md$/.test(name));

t.equal(handouts.length, 4);
for (const name of handouts) {
  t.test(`${name} shows what its commands print`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'udpchat-handout-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const parts = sections(readFileSync(join(LABS, name), 'utf8'));
    t.ok(parts.length >= 3);
    for (const { commands, table } of parts) {
      t.ok(table.rows.length > 0, 'each block of commands has its figures');
      const rows = [...table.rows];
      for (const command of commands) {
        const { status, out, err } = run(folder, command);
        t.equal(status, 0, `${command}: ${out.slice(-300)}${err.slice(-300)}`);
        const target = /-o (\S+)/.exec(command)?.[1];
        if (command.startsWith('udpchat lab run')) compareRun(out, table, rows.shift() ?? []);
        else if (target !== undefined) {
          compareSweep(readFileSync(join(folder, target, 'results.csv'), 'utf8'), table);
          rows.length = 0;
        }
      }
      t.same(rows, [], 'no row without its command');
    }
    t.match(parts.at(-1)?.commands.at(-1) ?? '', /lab grade .* --expect/, 'it ends with a grade');
  });
}

t.test(
  'lab grade tells by its exit code whether all is met, something is not, or is no file',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'udpchat-grade-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const made = 'udpchat lab run --impair "loss 10%" --messages 20 --seed 1 --trace run.jsonl';
    t.equal(run(folder, made).status, 0);
    const expected = join(folder, 'expected.json');
    writeFileSync(expected, JSON.stringify({ seed: 1, 'nothing-lost': true }));
    const grade = 'udpchat lab grade run.jsonl --expect expected.json';
    const good = run(folder, grade);
    t.equal(good.status, 0);
    t.match(good.out, /^ok {4}seed +1\nok {4}nothing-lost +20 of 20 .*\n2 of 2 met\n$/);
    truncateSync(join(folder, 'run.jsonl'), 2000);
    const cut = run(folder, grade);
    t.equal(cut.status, 1);
    t.match(
      cut.out,
      /FAIL {2}nothing-lost .*\ncut short: graded up to record \d+, its last whole one\n1 of/,
    );
    const { isWhole, verdicts } = JSON.parse(run(folder, `${grade} --json`).out) as {
      isWhole: boolean;
      verdicts: unknown[];
    };
    t.notOk(isWhole);
    t.match(verdicts, [
      { name: 'seed', isMet: true },
      { name: 'nothing-lost', isMet: false },
    ]);
    const wrong = run(folder, 'udpchat lab grade expected.json --expect expected.json');
    t.equal(wrong.status, 2);
    t.match(wrong.err, /expected\.json: it is empty, or cut before its head ended/);
    t.equal(run(folder, 'udpchat lab grade run.jsonl --expect run.jsonl').status, 2);
    t.equal(run(folder, 'udpchat lab grade none.jsonl --expect expected.json').status, 2);
    t.equal(run(folder, 'udpchat lab grade run.jsonl').status, 2);
  },
);
