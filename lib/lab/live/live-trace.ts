import type { SenderSample } from '../experiment.ts';
import { viewPacket } from '../packet-view.ts';
import type { RunResult } from '../run-result.ts';
import type { TraceEvent, Vantage } from '../tracing/event.ts';
import type { MergedPacket } from './tap.ts';

/** What a trace of a run on real sockets is made from. Times in ms since it began. */
export interface LiveStory {
  readonly packets: readonly MergedPacket[];
  readonly samples: readonly SenderSample[];
  /** When each message arrived. */
  readonly arrivedAt: readonly number[];
  readonly latencies: RunResult['latencies'];
}

/** The trace of a run whose taps have kept the bytes: both ends, in the order of time, whole us. */
export function liveTrace({ packets, samples, arrivedAt, latencies }: LiveStory): TraceEvent[] {
  const largest = { client: -1, server: -1 };
  const datagrams = packets.flatMap(({ record, tap }): TraceEvent[] => {
    if (tap.datagram === undefined) return [];
    const { bytes, peer } = tap.datagram;
    const { event, from: sender, at, number } = record;
    const receiver = other(sender);
    const vantage = event === 'sent' ? sender : receiver;
    const self = selfOf(packets, vantage) ?? peer;
    const view = viewPacket(bytes, largest[sender]);
    largest[sender] = Math.max(largest[sender], number);
    const [from, to] = event === 'sent' ? [self, peer] : [peer, self];
    const fate = record.fate === undefined ? {} : { fate: record.fate };
    return [{ type: 'packet', at, vantage, event, from, to, bytes, view, ...fate }];
  });
  const figures = samples.map((sample): TraceEvent => ({ type: 'metrics', ...sample }));
  const deliveries = latencies.map(
    (latency, message): TraceEvent => ({
      type: 'delivered',
      at: arrivedAt[message] ?? 0,
      message,
      latency,
    }),
  );
  const all = [...datagrams, ...figures, ...deliveries].sort((a, b) => a.at - b.at);
  return all.map((event) => ({ ...event, at: Math.round(event.at * 1000) / 1000 }));
}

/** The address of one end, as the other knows it. */
function selfOf(packets: readonly MergedPacket[], vantage: Vantage) {
  const seen = packets.find(
    ({ record, tap }) =>
      tap.datagram !== undefined &&
      (record.event === 'sent' ? other(record.from) : record.from) === vantage,
  );
  return seen?.tap.datagram?.peer;
}

const other = (end: Vantage): Vantage => (end === 'client' ? 'server' : 'client');
