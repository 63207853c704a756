import type { LivenessState } from './liveness.ts';

/** What a connection knows of its path and its work. Times in ms, sizes in bytes of UDP payload. */
export interface ConnectionStats {
  readonly srtt: number;
  readonly rttvar: number;
  readonly minRtt: number;
  /** Share of our recent packets that were lost, and of the peer's, 0..1. */
  readonly lossOut: number;
  readonly lossIn: number;
  /** Pieces of messages sent again, whether lost or only late. */
  readonly retransmits: number;
  /** Copies sent ahead of any sign of loss. */
  readonly copies: number;
  readonly packetsLost: number;
  /** Losses that turned out to be delays. */
  readonly spuriousLosses: number;
  readonly cwnd: number;
  readonly bytesInFlight: number;
  /** Bytes (as cost) queued or unacknowledged. */
  readonly bytesQueued: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Second copies, and packets that did not open. */
  readonly packetsDuplicate: number;
  readonly packetsRejected: number;
  readonly liveness: LivenessState;
  /** ms since the peer was last heard. */
  readonly silence: number;
}

/** The inside of a connection, for those who check it: the simulator and its invariants. */
export interface ConnectionInspection {
  readonly bytesInFlight: number;
  readonly unresolvedBytes: number;
  /** -1 before the first packet. */
  readonly largestSent: number;
  readonly largestReceived: number;
  readonly nextTimeout: number;
  readonly hasOutstanding: boolean;
  /** Whether a probe for what is outstanding is armed, of whatever kind. */
  readonly isProbeArmed: boolean;
  readonly bufferedReceiveBytes: number;
  readonly lastHeard: number;
  readonly suspectAfter: number;
  readonly liveness: LivenessState;
  readonly cwnd: number;
}

/** Counters of datagrams and packets; sums over the life of a connection. */
export class PacketCounters {
  #bytesSent = 0;
  #bytesReceived = 0;
  #packetsSent = 0;
  #packetsReceived = 0;
  #packetsDuplicate = 0;
  #packetsRejected = 0;

  onSent(size: number): void {
    this.#packetsSent++;
    this.#bytesSent += size;
  }

  onReceived(size: number): void {
    this.#packetsReceived++;
    this.#bytesReceived += size;
  }

  onBad(what: 'duplicate' | 'rejected'): void {
    if (what === 'duplicate') this.#packetsDuplicate++;
    else this.#packetsRejected++;
  }

  snapshot(): Pick<
    ConnectionStats,
    | 'bytesSent'
    | 'bytesReceived'
    | 'packetsSent'
    | 'packetsReceived'
    | 'packetsDuplicate'
    | 'packetsRejected'
  > {
    return {
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      packetsDuplicate: this.#packetsDuplicate,
      packetsRejected: this.#packetsRejected,
    };
  }
}
