import type { Test } from 'tap';
import type { ScenarioReport } from '../../lib/lab/transport-scenario.ts';
import { SimulationError } from '../../lib/lab/world.ts';

/** Failures that a sweep over seeds reports before it gives up. */
const MAX_FAILURES = 3;

/**
 * Runs a scenario for each seed. A failure is reported with its seed and the trace of a second run
 * in which packets are explained.
 */
export function checkSeeds(
  t: Test,
  seeds: { from: number; count: number },
  run: (seed: number, explain: { verbose?: boolean; traceSize?: number }) => ScenarioReport,
): ScenarioReport[] {
  const reports: ScenarioReport[] = [];
  let failures = 0;
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed++) {
    try {
      reports.push(run(seed, {}));
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      t.fail(error.message, { seed, trace: explain(() => run(seed, { verbose: true })) });
      if (++failures >= MAX_FAILURES) return reports;
    }
  }
  if (failures === 0) t.pass(`${seeds.count} seeds from ${seeds.from}`);
  return reports;
}

function explain(run: () => unknown): string {
  try {
    run();
    return 'the second run of this seed did not fail: something is not decided by the seed';
  } catch (error) {
    return error instanceof SimulationError ? error.trace : String(error);
  }
}
