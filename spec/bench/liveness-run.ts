// The liveness figures alone, over more hours than `npm run bench` has time for:
// `node spec/support/run.mjs spec/bench/liveness-run.ts --hours 10000 --seed 1`.
import { parseArgs } from 'node:util';
import { reportLiveness } from './liveness.ts';

const PROGRESS_EVERY_MS = 2_000;

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
const [hours, seed] = [Number(values.hours), Number(values.seed)];
if (!(hours > 0) || !Number.isSafeInteger(seed)) {
  console.error('usage: liveness-run.ts [--hours N] [--seed S]');
  process.exit(2);
}
const started = performance.now();
let told = started;
reportLiveness({
  hours,
  seed,
  progress: (done) => {
    if (performance.now() - told < PROGRESS_EVERY_MS) return;
    told = performance.now();
    const left = Math.ceil((((told - started) / done) * (hours - done)) / 1_000);
    console.error(`${done} of ${hours} hours, ${left} s left`);
  },
});
