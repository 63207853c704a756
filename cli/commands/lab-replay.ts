import { readFileSync } from 'node:fs';
import { replay } from '../../lib/entry/lab.ts';
import { sanitiseLine } from '../../lib/entry/words.ts';
import type { ReplayResult, TraceEvent } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { CliError, ExitCode } from '../errors.ts';
import { formOf } from '../trace.ts';

/** `udpchat lab replay FILE`: runs a traced experiment again and compares. */
export const labReplay: Run = ({ positionals: [path = ''] }) => {
  const result = replay(read(path), formOf(path));
  if (typeof result === 'string') throw refusal(path, result);
  const { seed, arq, impairment } = result.scenario;
  const what = `${arq}, ${impairment || 'a perfect network'}, seed ${seed}`;
  process.stdout.write(`${path}: ${verdict(result)} (${sanitiseLine(what)})\n`);
  return Promise.resolve(result.outcome === 'differs' ? ExitCode.other : ExitCode.ok);
};

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`cannot read ${path}: ${why}`, { exitCode: ExitCode.other });
  }
}

function refusal(path: string, why: 'no trace' | 'no scenario'): CliError {
  const message =
    why === 'no trace'
      ? `${path} is no trace of that form, or was cut before its first record ended`
      : `${path} does not say which experiment it is of`;
  const hint = 'traces that can be run again are made by: udpchat lab run --trace FILE';
  return new CliError(message, { exitCode: ExitCode.usage, hint });
}

function verdict({ outcome, same, expected }: ReplayResult): string {
  switch (outcome) {
    case 'identical':
      return `identical, ${same} records`;
    case 'cut':
      return `cut short behind record ${same}; identical as far as it goes`;
    case 'differs': {
      const what = expected === undefined ? 'where it should end' : describe(expected);
      return `differs at record ${same + 1}: ${what}`;
    }
  }
}

function describe(event: TraceEvent): string {
  const at = `${event.at.toFixed(3)} ms`;
  if (event.type === 'metrics') return `the sender's figures at ${at}`;
  if (event.type === 'lost') return `packet ${event.number} taken for lost at ${at}`;
  if (event.type === 'delivered') return `message ${event.message} delivered at ${at}`;
  const { view, vantage } = event;
  const which = view.number < 0 ? view.type : `packet ${view.number}`;
  return `${which} ${event.event} by the ${vantage} at ${at}`;
}
