/** The packet-loss lab. */

export { DropList } from '../lab/drop-list.ts';
export { Emulator } from '../lab/emulator.ts';
export { Experiment, type ExperimentResult, type Workload } from '../lab/experiment.ts';
export { type Expectations, readExpectations } from '../lab/grading/expectations.ts';
export { readFigures, type TraceFigures } from '../lab/grading/figures.ts';
export { grade, type Verdict } from '../lab/grading/grade.ts';
export { ImpairedMachine } from '../lab/impaired-machine.ts';
export { formatImpairment, type Impairment } from '../lab/impairment.ts';
export type { LoadCounts, LoadPlan, LoadResult } from '../lab/load.ts';
export type { Obstacle } from '../lab/netem/obstacle.ts';
export {
  CABLE,
  devicePlan,
  formatCommand,
  formatPlan,
  namespacePair,
  pairPlan,
  weatherPlan,
} from '../lab/netem/plan.ts';
export { type ImpairmentError, parseImpairment } from '../lab/netem-parser.ts';
export { PRESETS } from '../lab/presets.ts';
export type { Provenance, ReportData } from '../lab/report-data.ts';
export { readPage } from '../lab/report-page.ts';
export type { RunResult, Series } from '../lab/run-result.ts';
export { RunView, renderRun } from '../lab/run-view.ts';
export { Capture, CaptureError, type CaptureOptions } from '../lab/shell/capture.ts';
export { LiveGround, type LiveGroundName } from '../lab/shell/live/live-ground.ts';
export type { LiveResult } from '../lab/shell/live/live-pair.ts';
export { LoadRefusedError, runLoad } from '../lab/shell/load-runner.ts';
export { tcpCongestionControl } from '../lab/shell/netem-facts.ts';
export { impairDevice, NetemError, NetemNetwork } from '../lab/shell/netem-network.ts';
export { checkPage } from '../lab/shell/page-check.ts';
export { processCpu } from '../lab/shell/process-cpu.ts';
export { SweepFolder, SweepFolderError } from '../lab/shell/sweep-folder.ts';
export { runSweep, type SweepProgress } from '../lab/shell/sweep-runner.ts';
export { TraceFile } from '../lab/shell/trace-file.ts';
export { UdpProxy } from '../lab/shell/udp-proxy.ts';
export { MAX_CELLS, planCells, SWEEP_DEFAULTS, type SweepPlan } from '../lab/sweep.ts';
export type { TraceEvent, TraceForm, TraceHead, Vantage } from '../lab/tracing/event.ts';
export { TRACE_FORMS, traceForm } from '../lab/tracing/forms.ts';
export { PacketTap } from '../lab/tracing/packet-tap.ts';
export { type ReplayResult, RUN_HEAD, replay } from '../lab/tracing/replay.ts';
export { experimentOptions, type RunScenario } from '../lab/tracing/scenario.ts';
export { TracedMachine } from '../lab/tracing/traced-machine.ts';
