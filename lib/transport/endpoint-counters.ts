import type { PacketError } from '../wire/packet-codec.ts';

/** Why a datagram was dropped before it reached a connection. */
export type DropCause =
  | PacketError
  | 'notAccepting'
  | 'tooSmall'
  | 'tooMany'
  | 'unknownConnection'
  | 'wrongAddress';

/** What an endpoint counts. Bad input costs a number here and nothing else. */
export class EndpointCounters {
  received = 0;
  accepted = 0;
  /** Stateless resets sent. */
  resets = 0;
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
