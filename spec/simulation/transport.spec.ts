import t from 'tap';
import { runTransportScenario } from '../../lib/lab/transport-scenario.ts';
import { checkSeeds } from '../support/simulate.ts';

const SEEDS = 200;

t.test(
  `${SEEDS} seeds: messages of all sizes on all kinds of channels arrive once, in order`,
  async (t) => {
    const reports = checkSeeds(t, { from: 1, count: SEEDS }, (seed, explain) =>
      runTransportScenario({ seed, clients: 1 + (seed % 3), ...explain }),
    );
    const messages = reports.reduce((sum, { delivered }) => sum + delivered, 0);
    t.ok(messages > 50 * SEEDS, `${messages} messages arrived`);
  },
);

t.test('a slow link with a short queue loses nothing for good', async (t) => {
  const delay = { ms: 40, jitterMs: 0, correlation: 0, distribution: 'uniform' as const };
  checkSeeds(t, { from: 1, count: 10 }, (seed, explain) =>
    runTransportScenario({
      seed,
      impairment: { delay, rate: 512_000, limit: 20 },
      minutes: 2,
      ...explain,
    }),
  );
});

t.test('a path of 1,400 bytes loses nothing for good, and neither does a lossy one', async (t) => {
  const delay = { ms: 10, jitterMs: 0, correlation: 0, distribution: 'uniform' as const };
  for (const percent of [0, 10]) {
    const loss = { model: 'random' as const, percent, correlation: 0 };
    checkSeeds(t, { from: 1, count: 4 }, (seed, explain) =>
      runTransportScenario({ seed, impairment: { delay, loss, mtu: 1_400 }, ...explain }),
    );
  }
});

t.test('random weather with bottlenecks of unequal width loses nothing for good', async (t) => {
  checkSeeds(t, { from: 1, count: 20 }, (seed, explain) =>
    runTransportScenario({ seed, clients: 1 + (seed % 2), narrow: true, ...explain }),
  );
});

t.test('the same seed gives the same run to the byte, another seed another', async (t) => {
  const first = runTransportScenario({ seed: 5, clients: 2 });
  t.same(runTransportScenario({ seed: 5, clients: 2 }), first);
  t.not(runTransportScenario({ seed: 7, clients: 2 }).traceHash, first.traceHash);
});
