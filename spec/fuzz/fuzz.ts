// Searches for input that breaks a rule: `npm run fuzz -- --cases 1000000 --seed 1`.
import { parseArgs } from 'node:util';
import { runFuzz, TARGETS } from './run.ts';

const USAGE = `usage: npm run fuzz -- [options]
  --cases N      inputs, datagrams and steps in all (default 1000000)
  --seed S       seed of the first round (default: from the clock)
  --only NAME    one of ${TARGETS.map(({ name }) => name).join(', ')} (default: all, in turn)`;

const PROGRESS_EVERY_MS = 2_000;

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} takes a whole number, not "${text}"`);
}

function main(): void {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const only = TARGETS.find(({ name }) => name === values.only);
  if (values.only !== undefined && only === undefined) throw new Error('--only: no such target');
  const [cases, seed] = [number('cases', values.cases), number('seed', values.seed)];
  const started = performance.now();
  let told = started;
  const rate = (done: number): number => done / ((performance.now() - started) / 1_000);
  const report = runFuzz({
    cases,
    seed,
    ...(only === undefined ? {} : { targets: [only] }),
    progress: (done) => {
      if (performance.now() - told < PROGRESS_EVERY_MS) return;
      told = performance.now();
      const left = Math.ceil((cases - done) / rate(done));
      console.error(
        `${done} of ${cases} cases, ${Math.round(rate(done))} a second, ${left} s left`,
      );
    },
  });
  const heap = (report.peakHeap / 2 ** 20).toFixed(0);
  const each = Object.entries(report.byTarget).map(([name, count]) => `${name} ${count}`);
  const speed = `${Math.round(rate(report.cases))} a second`;
  console.log(`${report.cases} cases passed (${each.join(', ')}), seed ${seed}, ${speed}`);
  console.log(`heap at most ${heap} MiB`);
  if (report.failure === undefined) return;
  console.error(report.failure);
  process.exitCode = 1;
}

try {
  main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
