// `npm run kill -- --rounds 200`: kills a host under load, and a client, again and
// again, and checks what is left.
import { parseArgs } from 'node:util';
import { runKillRounds } from './kill-rounds.ts';

const PROGRESS_EVERY = 5;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    clients: { type: 'string', default: '16' },
    mortals: { type: 'string', default: '4' },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [rounds, clients] = [Number(values.rounds), Number(values.clients)];
const mortals = Number(values.mortals);
const [rate, seed] = [Number(values.rate), Number(values.seed)];
const started = Date.now();
const report = await runKillRounds({
  rounds,
  clients,
  mortals,
  rate,
  seed,
  onRound: (round, accepted) => {
    if (round % PROGRESS_EVERY !== 0) return;
    const left = ((Date.now() - started) / round) * (rounds - round);
    console.error(
      `${round} of ${rounds} rounds, ${accepted} ticks, ${Math.ceil(left / 1000)} s left`,
    );
  },
});
for (const fault of report.faults.slice(0, 20)) console.error(fault);
console.log(
  `${rounds} rounds (seed ${seed}): ${report.accepted} lines ticked, ${report.kept} kept, ` +
    `${report.faults.length} faults`,
);
process.exit(report.faults.length === 0 ? 0 : 1);
