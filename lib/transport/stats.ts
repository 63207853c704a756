import type { ArqName } from '../wire/transport-parameters.ts';
import type { TransportConfig } from './config.ts';
import type { Liveness, LivenessState } from './liveness.ts';
import type { PacketSpace } from './packet-space.ts';
import type { Receiver } from './receiver.ts';
import type { Sender } from './sender.ts';

/** What a connection knows of its path and its work. Times in ms, sizes in bytes of UDP payload. */
export interface ConnectionStats {
  /** How losses are repaired, as agreed with the peer. */
  readonly arq: ArqName;
  readonly srtt: number;
  readonly rttvar: number;
  readonly minRtt: number;
  /** How long a packet may stay unacknowledged before a probe, or a timeout, without backoff. */
  readonly rto: number;
  /** Share of our recent packets that were lost, and of the peer's, 0..1. */
  readonly lossOut: number;
  readonly lossIn: number;
  /** Pieces of messages sent again, whether lost or only late. */
  readonly retransmits: number;
  /** Messages given up because their lifetime was over. */
  readonly givenUp: number;
  /** Copies sent ahead of any sign of loss. */
  readonly copies: number;
  readonly packetsLost: number;
  /** Losses that turned out to be delays. */
  readonly spuriousLosses: number;
  readonly cwnd: number;
  /** Largest datagram that the path was shown to carry. */
  readonly pathMtu: number;
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
  /** Since when the present suspicion counts, or the last one did. */
  readonly suspectSince: number;
  readonly liveness: LivenessState;
  readonly cwnd: number;
  /** Packets that left in spite of the congestion window: probes and heartbeats. */
  readonly forced: number;
  /** Bytes that copies have cost. */
  readonly copyBytes: number;
  /** The newest RTT sample, and the smoothed one; undefined before there is one. */
  readonly latestRtt: number | undefined;
  readonly srtt: number | undefined;
  /** Largest packet number acknowledged, and declared lost; -1 before the first. */
  readonly largestAcked: number;
  readonly largestLost: number;
  /** How often the keys were changed. */
  readonly keyUpdates: number;
  /** Of what waits to be sent and may be; Infinity when nothing does. */
  readonly mostUrgentWaiting: () => number;
  readonly urgencyOf: (channel: number) => number;
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

/** What a connection is made of, for those who describe it. */
export interface ConnectionParts {
  readonly config: TransportConfig;
  readonly initialRtt: number;
  readonly space: PacketSpace | undefined;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly liveness: Liveness;
  readonly counters: PacketCounters;
}

export function describeStats(now: number, parts: ConnectionParts): ConnectionStats {
  const { config, initialRtt, space, sender, liveness, counters } = parts;
  const { recovery, acks } = space ?? {};
  const rtt = recovery?.rtt;
  return {
    arq: recovery?.policy.arq ?? config.arq,
    srtt: rtt?.srtt ?? initialRtt,
    rttvar: rtt?.rttvar ?? initialRtt / 2,
    minRtt: rtt?.min ?? initialRtt,
    rto: recovery?.timeout ?? 3 * initialRtt,
    lossOut: recovery?.lossRate ?? 0,
    lossIn: acks?.lossRate(config.lossWindow) ?? 0,
    retransmits: sender.retransmits,
    givenUp: sender.givenUp,
    copies: space?.copies ?? 0,
    packetsLost: recovery?.packetsLost ?? 0,
    spuriousLosses: recovery?.spuriousLosses ?? 0,
    cwnd: recovery?.window ?? 0,
    pathMtu: space?.mtu.current ?? config.maxDatagramSize,
    bytesInFlight: recovery?.bytesInFlight ?? 0,
    bytesQueued: sender.buffered,
    ...counters.snapshot(),
    liveness: liveness.state,
    silence: now - liveness.lastHeard,
  };
}

export function describeInside(
  nextTimeout: number,
  { space, sender, receiver, liveness }: ConnectionParts,
): ConnectionInspection {
  const { recovery, acks, largestSent } = space ?? {};
  const rtt = recovery?.rtt.hasSample ? recovery.rtt : undefined;
  const probeAt = Math.min(recovery?.ptoDeadline ?? 0, liveness.deadline);
  return {
    bytesInFlight: recovery?.bytesInFlight ?? 0,
    unresolvedBytes: recovery?.unresolvedBytes ?? 0,
    largestSent: largestSent ?? -1,
    largestReceived: acks?.largest ?? -1,
    nextTimeout,
    hasOutstanding: recovery?.hasOutstanding ?? false,
    isProbeArmed: probeAt < Number.POSITIVE_INFINITY,
    bufferedReceiveBytes: receiver.held,
    lastHeard: liveness.lastHeard,
    suspectAfter: liveness.suspectAfter,
    suspectSince: liveness.suspectSince,
    liveness: liveness.state,
    cwnd: recovery?.window ?? 0,
    forced: space?.forced ?? 0,
    copyBytes: space?.copyBytes ?? 0,
    latestRtt: rtt?.latest,
    srtt: rtt?.srtt,
    largestAcked: recovery?.largestAcked ?? -1,
    largestLost: recovery?.largestLost ?? -1,
    keyUpdates: space?.keyUpdates ?? 0,
    mostUrgentWaiting: () => sender.mostUrgentWaiting,
    urgencyOf: (channel) => sender.urgencyOf(channel),
  };
}
