// `npm run bench [-- --only NAME]`: what the transport costs, as ratios to raw dgram, ws and net in
// the same run on the same machine, and its latency under loss in virtual time beside the bound.
// A ratio is the other's CPU time divided by ours: more is better. Medians of three rounds.
import { parseArgs } from 'node:util';
import { bulk } from './bulk.ts';
import { echo } from './echo.ts';
import { fanout } from './fanout.ts';
import { flood } from './flood.ts';
import { idle } from './idle.ts';
import { junkRejection } from './junk.ts';
import { reportLatency } from './latency.ts';
import { reportLiveness } from './liveness.ts';
import { ROUNDS } from './measure.ts';
import { durablePosts } from './posts.ts';
import { server } from './server.ts';
import { million } from './store.ts';
import { stream } from './stream.ts';
import { windowCost } from './window.ts';

const HOURS = { full: 100, quick: 10 } as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    // Of the server's bench.
    clients: { type: 'string', default: '1000' },
    rooms: { type: 'string', default: '20' },
    posts: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
    sizes: { type: 'string', default: '10,100,1000,10000' },
    idle: { type: 'string', default: '10000' },
  },
});

const { clients, rooms, posts, seconds, sizes } = values;
const serverSizes = {
  ...(values.quick
    ? { clients: 100, rooms: 4, seconds: 3 }
    : { clients: Number(clients), rooms: Number(rooms), seconds: Number(seconds) }),
  posts: Number(posts),
  sizes: sizes.split(',').map(Number),
  idle: Number(values.idle),
};

const BENCHES: Readonly<Record<string, () => Promise<void> | void>> = {
  echo,
  bulk,
  stream,
  fanout,
  junk: junkRejection,
  idle: () => idle(values.quick ? 1_000 : 10_000),
  flood,
  million: () => million(values.quick ? 100_000 : 1_000_000),
  posts: durablePosts,
  server: () => server(serverSizes),
  latency: () => reportLatency(values.quick ? [0, 10, 30] : [0, 1, 5, 10, 20, 30]),
  window: windowCost,
  liveness: () => reportLiveness({ hours: values.quick ? HOURS.quick : HOURS.full }),
};

if (values.only !== undefined && BENCHES[values.only] === undefined) {
  console.error(`usage: bench [--quick] [--only ${Object.keys(BENCHES).join('|')}]`);
  process.exit(2);
}
console.log(`CPU, others / udpchat, node ${process.version}, medians of ${ROUNDS}`);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (values.only === undefined || values.only === name) await bench();
}
process.exit(0);
