// Replays one seed of the simulation, or searches many: `npm run sim -- --seed 7 --clients 5`.
import { parseArgs } from 'node:util';
import { runChatScenario } from '../../lib/lab/chat-scenario.ts';
import type { Impairment } from '../../lib/lab/impairment.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { runTransportScenario, type ScenarioReport } from '../../lib/lab/transport-scenario.ts';
import { SimulationError } from '../../lib/lab/world.ts';

const USAGE = `usage: npm run sim -- [options]
  --seed N          the first seed (default: from the clock)
  --seeds COUNT     how many to run (default 1)
  --clients K       clients of the server (default 4)
  --rooms R         chat: rooms that people wander between (default 3)
  --shards N        chat: threads of the server that have connections (default 1)
  --minutes M       virtual minutes before all faults heal (default 2)
  --scenario NAME   chat (default) or transport
  --impair WORDS    the weather of every link, in tc-netem's words (default: random)
  --narrow          transport: random weather has bottlenecks with queues too
  --verbose         a long trace of a failure, with packets explained`;

const PROGRESS_EVERY_MS = 1_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string', default: '1' },
      clients: { type: 'string', default: '4' },
      rooms: { type: 'string', default: '3' },
      shards: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '2' },
      scenario: { type: 'string', default: 'chat' },
      impair: { type: 'string' },
      narrow: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (values.scenario !== 'chat' && values.scenario !== 'transport') {
    throw new Error(`--scenario is chat or transport, not "${values.scenario}"`);
  }
  return {
    scenario: values.scenario,
    run: values.scenario === 'chat' ? runChatScenario : runTransportScenario,
    seed: number('seed', values.seed ?? `${Date.now() % 1_000_000}`),
    seeds: number('seeds', values.seeds),
    clients: number('clients', values.clients),
    rooms: number('rooms', values.rooms),
    shards: number('shards', values.shards),
    minutes: number('minutes', values.minutes),
    narrow: values.narrow,
    verbose: values.verbose,
    impairment: values.impair === undefined ? undefined : impairment(values.impair),
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${name} takes a number, not "${text}"`);
}

function impairment(words: string): Impairment {
  const result = parseImpairment(words);
  if (result.ok) return result.impairment;
  throw new Error(`--impair: ${result.error.message}`);
}

function main(): void {
  const options = readOptions();
  const started = Date.now();
  let [told, lines] = [started, 0];
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const report = runSeed(seed, options);
    lines += report.delivered;
    if (options.seeds === 1) console.log(JSON.stringify(report));
    else if (Date.now() - told > PROGRESS_EVERY_MS) {
      told = Date.now();
      const done = seed - options.seed + 1;
      const left = ((told - started) / done) * (options.seeds - done);
      console.error(`${done} of ${options.seeds} seeds, ${Math.ceil(left / 1000)} s left`);
    }
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.error(
    `${options.seeds} passed (seeds from ${options.seed}), ${lines} lines, ${seconds} s`,
  );
}

function runSeed(seed: number, options: ReturnType<typeof readOptions>): ScenarioReport {
  const { run, clients, rooms, shards, minutes, impairment, narrow } = options;
  const scenario = {
    seed,
    clients,
    rooms,
    shards,
    minutes,
    narrow,
    ...(impairment === undefined ? {} : { impairment }),
    ...(options.verbose ? { verbose: true, traceSize: 2_000 } : {}),
  };
  try {
    return run(scenario);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    console.error(error.trace);
    console.error(`\nseed ${seed} failed: ${error.message}`);
    if (error.cause instanceof Error) console.error(error.cause.stack);
    const kind = `--minutes ${minutes} --scenario ${options.scenario}${narrow ? ' --narrow' : ''}`;
    const rest = `--clients ${clients} --rooms ${rooms} --shards ${shards} ${kind}`;
    console.error(`\nagain: npm run sim -- --seed ${seed} ${rest} --verbose`);
    process.exit(1);
  }
}

try {
  main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
