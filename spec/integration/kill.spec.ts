import t from 'tap';
import { runKillRounds } from './kill-rounds.ts';

const SEED = 1;

t.test(
  `a host and clients that are killed lose no line, and say none twice (seed ${SEED})`,
  async (t) => {
    const report = await runKillRounds({ rounds: 3, clients: 4, mortals: 2, rate: 60, seed: SEED });
    t.strictSame(report.faults, []);
    t.ok(report.accepted > 0, `${report.accepted} ticked, ${report.kept} kept`);
  },
);
