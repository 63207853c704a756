import type { Connection } from '../transport/connection.ts';
import {
  addSums,
  type ConnectionSums,
  type EndpointCounters,
  noSums,
} from '../transport/endpoint-counters.ts';
import type { HubCounters } from './output.ts';

/** What one shard has to show. Counters count since it began. */
export interface ShardFigures extends ConnectionSums {
  readonly connections: number;
  /** Bytes that wait to be sent or acknowledged: of all connections, and of the one with most. */
  readonly bytesQueued: number;
  readonly bytesQueuedMost: number;
  /** Of each connection: smoothed round trip, ms, and share of packets lost going out, 0..1. */
  readonly srtts: readonly number[];
  readonly losses: readonly number[];
  readonly datagrams: number;
  readonly accepted: number;
  /** Datagrams that led to nothing, by cause. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** What the hub has to show. */
export interface HubFigures extends Readonly<HubCounters> {
  readonly members: number;
  readonly rooms: number;
  /** Entries that wait for the disk, and bytes of them. */
  readonly journalEntries: number;
  readonly journalBytes: number;
  /** The store could not keep what it was last given. */
  readonly isStoreFailing: boolean;
}

/** What a server has to show. */
export interface ServerFigures extends HubFigures {
  readonly shards: readonly ShardFigures[];
  /** The main one among them. */
  readonly threads: number;
}

export function describeShard(
  now: number,
  connections: Iterable<Connection>,
  { ended, received, accepted, dropped }: EndpointCounters,
): ShardFigures {
  const all = [...connections].map((connection) => connection.stats(now));
  const sums = noSums();
  addSums(sums, ended);
  for (const stats of all) addSums(sums, stats);
  const queues = all.map(({ bytesQueued }) => bytesQueued);
  return {
    ...sums,
    connections: all.length,
    bytesQueued: queues.reduce((sum, bytes) => sum + bytes, 0),
    bytesQueuedMost: queues.reduce((most, bytes) => Math.max(most, bytes), 0),
    srtts: all.map(({ srtt }) => srtt),
    losses: all.map(({ lossOut }) => lossOut),
    datagrams: received,
    accepted,
    dropped: { ...dropped },
  };
}
