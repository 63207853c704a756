import t from 'tap';
import { detectionTimes, falseDeaths } from './liveness.ts';

const SEEDS = 150;
const HOURS = 20;

t.test(
  `a dead peer on a LAN is found within 6.5 s, ${SEEDS} seeds, with and without loss`,
  async (t) => {
    for (const loss of [0, 0.3]) {
      const times = detectionTimes({ seeds: SEEDS, loss });
      const p99 = times[Math.floor(times.length * 0.99)] ?? Number.POSITIVE_INFINITY;
      t.ok(p99 <= 6_500, `p99 ${p99} ms at ${100 * loss} % loss`);
      t.ok((times.at(-1) ?? Number.POSITIVE_INFINITY) <= 10_000, `the worst ${times.at(-1)} ms`);
    }
  },
);

t.test(`nobody is given up in ${HOURS} idle hours at 30 % loss each way`, async (t) => {
  t.equal(falseDeaths({ hours: HOURS, loss: 0.3 }), 0);
});
