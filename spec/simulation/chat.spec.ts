import t from 'tap';
import { runChatScenario } from '../../lib/lab/chat-scenario.ts';
import { checkSeeds } from '../support/simulate.ts';

const SEEDS = 100;

t.test(
  `${SEEDS} seeds of people, bad weather and kills end with one truth on all screens`,
  async (t) => {
    const reports = checkSeeds(t, { from: 1, count: SEEDS }, (seed, explain) =>
      runChatScenario({ seed, clients: 3 + (seed % 3), minutes: 1 + (seed % 2), ...explain }),
    );
    const lines = reports.reduce((sum, { delivered }) => sum + delivered, 0);
    t.ok(lines > 50 * SEEDS, `${lines} lines were written`);
  },
);

t.test('threads that have the connections die, and nobody can tell', async (t) => {
  checkSeeds(t, { from: 1, count: 20 }, (seed, explain) =>
    runChatScenario({ seed, shards: 2 + (seed % 2), ...explain }),
  );
});

t.test('weather alone, however bad, cuts nobody off', async (t) => {
  checkSeeds(t, { from: 500, count: 20 }, (seed, explain) =>
    runChatScenario({ seed, minutes: 3, trouble: false, ...explain }),
  );
});

t.test('the same seed gives the same run to the byte, another seed another', async (t) => {
  const first = runChatScenario({ seed: 77 });
  t.same(runChatScenario({ seed: 77 }), first);
  t.not(runChatScenario({ seed: 78 }).traceHash, first.traceHash);
});

t.test('nor are fifty people in ten rooms, cut off, killed and the server with them', async (t) => {
  checkSeeds(t, { from: 1, count: 1 }, (seed, explain) =>
    runChatScenario({ seed, clients: 50, rooms: 10, minutes: 0.5, ...explain }),
  );
});

t.test('a crowd of forty is no different', async (t) => {
  const trouble = false;
  checkSeeds(t, { from: 1, count: 2 }, (seed, explain) =>
    runChatScenario({ seed, clients: 40, minutes: 0.5, trouble, ...explain }),
  );
});
