import type { PacketRecord } from './recorder.ts';
import type { RunResult } from './run-result.ts';
import { ascending, quantile } from './statistics.ts';

/** Datagrams that the ladder of the live view shows. */
const LADDER_ROWS = 12;
/** Points of a sparkline. */
const SPARK_POINTS = 40;
/** Arrived, and lost, from either side. */
const ARROWS = { client: ['──────▶', '─────✗'], server: ['◀──────', '✗─────'] } as const;
const BARS = '▁▂▃▄▅▆▇█';

/** What a live view remembers of a run: the last packets, and how figures went. */
export class RunView {
  readonly packets: PacketRecord[] = [];
  readonly rtt: number[] = [];
  readonly inFlight: number[] = [];
  lost = 0;
  again = 0;

  record(record: PacketRecord): void {
    if (record.event === 'received') return;
    if (record.fate === 'lost' || record.fate?.startsWith('dropped') === true) this.lost++;
    if (record.messages.some(({ transmission }) => transmission > 0)) this.again++;
    this.packets.push(record);
    if (this.packets.length > LADDER_ROWS) this.packets.shift();
  }

  sample({ srtt, inFlight }: { readonly srtt: number; readonly inFlight: number }): void {
    this.rtt.push(srtt);
    this.inFlight.push(inFlight);
    if (this.rtt.length > 10 * SPARK_POINTS) {
      this.rtt.shift();
      this.inFlight.shift();
    }
  }
}

/** The screen of a run at this moment: lines of plain text. `clock`: whose seconds they are. */
export function renderRun(result: RunResult, view: RunView, clock = 'virtual time'): string[] {
  const { delivered, latencies, goodput, stats, elapsedMs } = result;
  const sorted = ascending(latencies);
  const late = [0.5, 0.99, 1].map((share) => quantile(sorted, share).toFixed(1));
  const head = [
    `${stats.arq}  ${(elapsedMs / 1000).toFixed(2)} s of ${clock}`,
    `delivered ${delivered}   goodput ${(goodput / 1e6).toFixed(3)} Mbit/s   ` +
      `p50 ${late[0]} ms   p99 ${late[1]} ms   max ${late[2]} ms`,
  ];
  if (stats.arq === 'tcp') return [...head, ...tcpLines(stats)];
  return [
    ...head,
    `sent ${stats.packetsSent}   lost on the way ${view.lost}   sent again or copied ` +
      `${view.again}   given for lost ${stats.packetsLost}`,
    `srtt ${stats.srtt.toFixed(1).padStart(8)} ms  ${sparkline(view.rtt)}`,
    `in flight ${String(stats.bytesInFlight).padStart(6)} B  ${sparkline(view.inFlight)}`,
    '',
    ...view.packets.map(formatArrow),
  ];
}

/** What the kernel tells of its TCP, at the end; nothing where it tells nothing. */
function tcpLines({ packetsSent, retransmits, srtt }: RunResult['stats']): string[] {
  if (packetsSent === 0) return [];
  return [`sent ${packetsSent}   sent again ${retransmits}   srtt ${srtt.toFixed(1)} ms`];
}

/** One datagram, as an arrow between the client on the left and the server on the right. */
export function formatArrow(record: PacketRecord): string {
  const { at, from, number, type, fate = 'passed', messages, acks } = record;
  const names = messages.map(({ id, transmission }) =>
    transmission === 0 ? `${id + 1}` : `${id + 1}r${transmission}`,
  );
  const what = [
    number < 0 ? type : `#${number}`,
    ...(names.length > 0 ? [`message ${names.join(',')}`] : []),
    ...(acks[0] === undefined ? [] : [`ack ${acks[0][1] - 1}`]),
  ].join(' ');
  const isGone = fate === 'lost' || fate === 'dropped' || fate.startsWith('dropped');
  const arrow = ARROWS[from][isGone ? 1 : 0];
  const note = fate === 'passed' ? '' : `  ${fate}`;
  return `${at.toFixed(1).padStart(10)}  ${arrow.padEnd(8)} ${what}${note}`;
}

/** The last values as bars, from 0 to the largest. */
export function sparkline(values: readonly number[]): string {
  const step = Math.max(1, Math.ceil(values.length / SPARK_POINTS));
  const points = values.filter((_, i) => (values.length - 1 - i) % step === 0);
  const most = Math.max(...points, 1e-9);
  return points
    .map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))])
    .join('');
}
