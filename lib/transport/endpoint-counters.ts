import type { PacketError } from '../wire/packet-codec.ts';
import type { ConnectionStats } from './stats.ts';

/** Why a datagram was dropped before it reached a connection. */
export type DropCause =
  | PacketError
  | 'notAccepting'
  | 'tooSmall'
  | 'tooMany'
  | 'unknownConnection'
  | 'wrongAddress';

const SUMMED = [
  'bytesSent',
  'bytesReceived',
  'packetsSent',
  'packetsReceived',
  'packetsRejected',
  'packetsLost',
  'retransmits',
  'copies',
] as const satisfies readonly (keyof ConnectionStats)[];

/** Sums over connections of what only grows. */
export type ConnectionSums = Record<(typeof SUMMED)[number], number>;

export function noSums(): ConnectionSums {
  return Object.fromEntries(SUMMED.map((name) => [name, 0])) as ConnectionSums;
}

/** Adds one connection's, or other sums. */
export function addSums(to: ConnectionSums, from: ConnectionSums): void {
  for (const name of SUMMED) to[name] += from[name];
}

/** What an endpoint counts. Bad input costs a number here and nothing else. */
export class EndpointCounters {
  received = 0;
  accepted = 0;
  /** Stateless resets sent. */
  resets = 0;
  /** Of the connections that are no more. */
  readonly ended: ConnectionSums = noSums();
  readonly dropped: Record<DropCause, number> = {
    truncated: 0,
    malformed: 0,
    checksum: 0,
    notAccepting: 0,
    tooSmall: 0,
    tooMany: 0,
    unknownConnection: 0,
    wrongAddress: 0,
  };

  count(cause: DropCause): void {
    this.dropped[cause]++;
  }
}
