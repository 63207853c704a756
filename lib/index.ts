/** The public surface of udpchat: re-exports only. */

export type { RandomSource } from './base/random.ts';
export { SeededRandom } from './base/random.ts';
export { CHAT_DEFAULTS, type ChatConfig } from './chat/config.ts';
export type { KeptOutbox, KeptPost, OutboxChange, OutboxKeeper } from './chat/kept.ts';
export { validateNick, validateRoom } from './chat/names.ts';
export { sanitiseLine, sanitiseText } from './chat/sanitise.ts';
export type { EntryKind } from './chat/schema.ts';
export { ChatClient, type ChatClientOptions } from './client/client.ts';
export { CLIENT_DEFAULTS, type ClientConfig } from './client/config.ts';
export { ClientCore, type ClientCoreOptions } from './client/core.ts';
export type * from './client/events.ts';
export type { HistoryOptions, SearchOptions } from './client/pages.ts';
export { INVITATION_NONCE_BYTES, Invitations } from './crypto/invitations.ts';
export { createNoise, type NoiseHandshakeOptions } from './crypto/noise.ts';
export {
  formatVerifier,
  makeVerifier,
  type PasswordVerifier,
  parseVerifier,
} from './crypto/password.ts';
export { plaintext } from './crypto/plaintext.ts';
export type { HandshakeProvider, PacketProtection, RetryTokens } from './crypto/protection.ts';
export { HmacRetryTokens } from './crypto/retry-tokens.ts';
export { fingerprint, publicKeyOf } from './crypto/static-key.ts';
export { DropList } from './lab/drop-list.ts';
export { Emulator } from './lab/emulator.ts';
export { Experiment, type ExperimentResult, type Workload } from './lab/experiment.ts';
export { type Expectations, readExpectations } from './lab/grading/expectations.ts';
export { readFigures, type TraceFigures } from './lab/grading/figures.ts';
export { grade, type Verdict } from './lab/grading/grade.ts';
export { ImpairedMachine } from './lab/impaired-machine.ts';
export { formatImpairment, type Impairment } from './lab/impairment.ts';
export { judgeLab, LiveLab } from './lab/live-lab.ts';
export type { LoadCounts, LoadPlan, LoadResult } from './lab/load.ts';
export type { Obstacle } from './lab/netem/obstacle.ts';
export {
  CABLE,
  devicePlan,
  formatCommand,
  formatPlan,
  namespacePair,
  pairPlan,
  weatherPlan,
} from './lab/netem/plan.ts';
export { type ImpairmentError, parseImpairment } from './lab/netem-parser.ts';
export { PRESETS } from './lab/presets.ts';
export type { Provenance, ReportData } from './lab/report-data.ts';
export { readPage } from './lab/report-page.ts';
export type { RunResult, Series } from './lab/run-result.ts';
export { RunView, renderRun } from './lab/run-view.ts';
export { Capture, CaptureError, type CaptureOptions } from './lab/shell/capture.ts';
export { LiveGround, type LiveGroundName } from './lab/shell/live/live-ground.ts';
export type { LiveResult } from './lab/shell/live/live-pair.ts';
export { LoadRefusedError, runLoad } from './lab/shell/load-runner.ts';
export { tcpCongestionControl } from './lab/shell/netem-facts.ts';
export { impairDevice, NetemError, NetemNetwork } from './lab/shell/netem-network.ts';
export { processCpu } from './lab/shell/process-cpu.ts';
export { resultsHash, SweepFolder, SweepFolderError } from './lab/shell/sweep-folder.ts';
export { runSweep, type SweepProgress } from './lab/shell/sweep-runner.ts';
export { TraceFile } from './lab/shell/trace-file.ts';
export { UdpProxy } from './lab/shell/udp-proxy.ts';
export { MAX_CELLS, planCells, SWEEP_DEFAULTS, type SweepPlan } from './lab/sweep.ts';
export type { TraceEvent, TraceForm, TraceHead, Vantage } from './lab/tracing/event.ts';
export { TRACE_FORMS, traceForm } from './lab/tracing/forms.ts';
export { PacketTap } from './lab/tracing/packet-tap.ts';
export { type ReplayResult, RUN_HEAD, replay } from './lab/tracing/replay.ts';
export { experimentOptions, type RunScenario } from './lab/tracing/scenario.ts';
export { TracedMachine } from './lab/tracing/traced-machine.ts';
export { ChannelStream, type ChannelStreamOptions } from './net/channel-stream.ts';
export type { ConnectOptions } from './net/connect.ts';
export { connect } from './net/connect.ts';
export type { ListenOptions, ServerOptions, UdpServerEvents } from './net/server.ts';
export { createServer, UdpServer } from './net/server.ts';
export { SystemRandom } from './net/system-random.ts';
export type { UdpConnectionEvents } from './net/udp-connection.ts';
export { ConnectionError, UdpConnection } from './net/udp-connection.ts';
export { ServerCore, type ServerCoreOptions } from './server/core.ts';
export type { ServerEvent } from './server/events.ts';
export type { HubFigures, ServerFigures, ShardFigures } from './server/figures.ts';
export {
  type ChatListenOptions,
  ChatServer,
  type ChatServerEvents,
  type ChatServerOptions,
} from './server/server.ts';
export { DISK_RETENTION, type RetentionConfig } from './store/config.ts';
export { StoreError } from './store/folder.ts';
export { OutboxFile } from './store/outbox-file.ts';
export type * from './store/store.ts';
export { ChannelKind, type SendOptions } from './transport/channel.ts';
export type { TransportConfig } from './transport/config.ts';
export { DEFAULT_TRANSPORT_CONFIG } from './transport/config.ts';

export { Connection } from './transport/connection.ts';
export type {
  CloseRequest,
  ConnectionEvent,
  ConnectionState,
} from './transport/connection-event.ts';
export type { EndpointEvent, EndpointOptions } from './transport/endpoint.ts';
export { Endpoint } from './transport/endpoint.ts';
export type { CloseInfo } from './transport/errors.ts';
export { TransportError } from './transport/errors.ts';
export type { Address, Machine, Transmit } from './transport/machine.ts';
export { formatAddress } from './transport/machine.ts';
export type { TraceStep } from './transport/message-trace.ts';
export type { ConnectionStats } from './transport/stats.ts';
export { ARQ_NAMES, type ArqName } from './wire/transport-parameters.ts';
