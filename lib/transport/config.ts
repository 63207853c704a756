import { MAX_MESSAGE } from '../wire/frame.ts';
import type { ArqName } from '../wire/transport-parameters.ts';
import type { CongestionControl } from './congestion.ts';

/** Whether the path is one on which frequent heartbeats harm nobody (RFC 8085 section 3.6). */
export type PathClass = 'private' | 'public';

/** Every bound and tunable of the transport. Times in ms, sizes in bytes, unless said otherwise. */
export interface TransportConfig {
  /**
   * Largest datagram sent before probes have shown that the path carries more: what every IPv6 path
   * does, less headers (RFC 9000 section 14). Longer messages go in fragments. The congestion
   * controllers count in it.
   */
  readonly maxDatagramSize: number;
  /** Largest that is probed for, of `MTU_RUNGS` (RFC 8899); `maxDatagramSize`: none is. */
  readonly mtuProbeMax: number;
  /** Time before a size that failed is probed for again (RFC 8899 section 5.1.1). */
  readonly mtuRaiseInterval: number;
  /** Bytes (as cost) that wait, before a probe is worth it: a chat line never is. */
  readonly mtuProbeBacklog: number;

  /** RTT taken before there is a sample: on private addresses, and elsewhere (RFC 9002 6.2.2). */
  readonly initialRtt: Readonly<Record<PathClass, number>>;
  /** Least that is added to srtt for a probe timeout (RFC 9002 kGranularity, doubled for Node). */
  readonly ptoVarianceFloor: number;
  /** Expiries of the probe timeout before it begins to grow (Linux thin streams: 6). */
  readonly ptoLinearExpiries: number;
  /** Factor by which it grows then. */
  readonly ptoBackoff: number;
  /** What it grows to at most (unless srtt is larger). */
  readonly ptoMax: number;
  /**
   * Packets acknowledged above a missing one that make it lost; while nothing was ever reordered.
   */
  readonly packetThreshold: number;
  /** Share of min_rtt in the first reordering window (RFC 8985 section 6.2, step 4). */
  readonly reorderWindowShare: number;
  /** Least reordering window: Node's timers are 1.1 ms coarse. */
  readonly reorderWindowFloor: number;
  /** Over how long the least RTT is remembered (RFC 8985: minutes; shorter tracks moves). */
  readonly minRttWindow: number;
  /** How long an ack may wait when only parts of long messages arrived (or srtt / 4). */
  readonly bulkAckDelay: number;
  /**
   * How long an ack may wait at all: in a stream of messages, nothing of which got lost of late
   * (RFC 9000 section 18.2; spec/protocol 4.3). Told to the peer, whose probes wait as long.
   */
  readonly maxAckDelay: number;

  /** Messages up to this long are sent more than once on a lossy path (section 7.1). */
  readonly bundleMaxBytes: number;
  /**
   * Estimated loss, 0..1, from which a second, third, fourth transmission is made; empty turns
   * copies off. RFC 8085 section 3.1.6 wants copies spread over several RTTs: these are not, but
   * bounded.
   */
  readonly copyThresholds: readonly number[];
  /**
   * Short messages on the way up to which a flow is thin. In a thicker one later packets soon show
   * what was lost, so each message gets a copy less, if it gets more than one.
   */
  readonly thinMaxMessages: number;
  /** Least time between copies. */
  readonly copySpacingFloor: number;
  /** Queueing delay from which loss is taken for congestion, and copies stop (or min_rtt / 2). */
  readonly queueDelayFloor: number;
  /** Share of what is delivered that copies may cost, on one connection and on all together. */
  readonly copyShare: number;
  /**
   * Bytes a ms that copies may cost in any case: 512 kbit/s a connection, 8 Mbit/s an endpoint.
   */
  readonly copyFloor: Readonly<Record<'connection' | 'endpoint', number>>;

  /**
   * How losses are found and repaired. Other than `modern`, both ends use what one insists on
   * (spec/protocol section 7.4).
   */
  readonly arq: ArqName;
  /** Packets in the window of `go-back-n` and `selective-repeat`: Kurose and Ross draw 4 to 16. */
  readonly arqWindow: number;
  /** How the congestion window is found; what a loss means (spec/protocol section 7). */
  readonly congestionControl: CongestionControl;
  /**
   * Congestion window at the start, in datagrams: RFC 9002 section 7.2, and on private addresses
   * (RFC 8085 section 3.6) what a receiver's socket reads in one go.
   */
  readonly initialWindowPackets: Readonly<Record<PathClass, number>>;
  /** Congestion window at least, in datagrams (RFC 9002 section 7.2). */
  readonly minimumWindowPackets: number;
  /** Pacing rate over cwnd/srtt (RFC 9002 section 7.7). */
  readonly pacingGain: number;
  /** Datagrams that may leave back to back in any case ... */
  readonly pacingBurstPackets: number;
  /** ... or as many as the rate lets go in this time, for timers are coarse and late ... */
  readonly pacingBurstTime: number;
  /** ... but at most so many: what the receiver's socket reads in one go, and holds surely. */
  readonly pacingBurstMaxPackets: number;

  /**
   * Credit for a connection: cost of messages taken in but not read (spec/protocol section 6), and
   * so the memory that a peer can claim. Of several channels that nobody reads, each may fill a
   * `channelWindow`; what is left of this is for the others.
   */
  readonly receiveWindow: number;
  /**
   * Credit for one channel. At least MIN_WINDOW, twice the cost of the longest message: credit is
   * renewed by halves, and a sender with less left than a message costs must not wait for ever.
   */
  readonly channelWindow: number;
  /** Channels a peer may open; each holds memory. */
  readonly maxChannels: number;
  /**
   * Unsent and unacknowledged bytes of one channel at which `send` returns false; `drain` comes at
   * half of it, so half should be more than rate times RTT, or the pipe runs dry.
   */
  readonly sendHighWater: number;
  /** Bytes of all channels at which `send` throws: what one that ignores `false` can hold. */
  readonly sendLimit: number;
  /** Unread unreliable messages; more are dropped, as unreliable ones may be. */
  readonly maxUnreliableBacklog: number;

  /**
   * Silence before a heartbeat: private, public (RFC 8085 section 3.5: at least 15 s). A server
   * waits a third longer, for its client's.
   */
  readonly heartbeatInterval: Readonly<Record<PathClass, number>>;
  /** Share by which each interval is varied, so that peers do not beat in step. */
  readonly heartbeatJitter: number;
  /** Heartbeats and suspicions wait for multiples of this: one timer for many idle connections. */
  readonly livenessGrain: number;
  /** Silence before a peer is suspect. */
  readonly suspectAfter: Readonly<Record<PathClass, number>>;
  /** Least time between the probes of a suspect peer; the most is `ptoMax`. */
  readonly suspectProbeInterval: number;
  /**
   * Probes of suspect peers that an endpoint sends in a second at most, but for the first of each.
   * As many as 300 ask for; of more, each gets its probes, and is found dead, later.
   */
  readonly suspectProbeRate: number;
  /** Unanswered probes before a peer is dead ... */
  readonly deadProbes: number;
  /** ... and at least this long suspect. */
  readonly deadAfter: number;
  /** A timer later than this means that the process slept: suspicion starts anew. */
  readonly clockJump: number;

  /** Longest wait before a handshake message is repeated: a try a second harms nobody. */
  readonly handshakeRepeatMax: number;
  /** How long a handshake may take. At 30 % loss each way, one in a thousand takes longer. */
  readonly handshakeTimeout: number;
  /** Retry tokens that a client tries in turn: one is the rule, the others may be forged. */
  readonly maxRetries: number;
  /** Least ms between two tries with different tokens: 40 Initials a second are 48 kB. */
  readonly retryInterval: number;
  /** First messages of one client that a server goes on from: all but one were forged. */
  readonly maxBeginnings: number;
  /** ICMP's "nobody listens", or answers with other versions, that end a handshake. */
  readonly maxUnreachables: number;
  /** How long `end` waits for what is queued to be acknowledged. */
  readonly lingerTimeout: number;
  /** Packets sealed before new keys are taken: a gigabyte, as ssh does (RFC 4253 section 9). */
  readonly rekeyPackets: number;
  /** Time before new keys are taken in any case. */
  readonly rekeyInterval: number;
  /** Packets whose fate the loss rates are taken over. */
  readonly lossWindow: number;
}

/** Charged for each message beside its bytes: about what holding one costs, so none is free. */
export const MESSAGE_COST = 128;

/** What the longest message takes from the credit (spec/protocol section 6). */
export const MAX_COST: number = MAX_MESSAGE + MESSAGE_COST;

/** The least window, of a connection and of a channel, that never stalls a sender. */
export const MIN_WINDOW: number = 2 * MAX_COST;

/** A piece of a message that is not its last is at least this long, so pieces stay few. */
export const MIN_FRAGMENT = 256;

/**
 * A message has at most one piece for so many of its bytes, and two more: half of MIN_FRAGMENT,
 * because what is sent again may be cut once more. Else crumbs would cost more than they count for.
 */
export const BYTES_PER_PIECE = 128;

export const DEFAULT_TRANSPORT_CONFIG: TransportConfig = {
  maxDatagramSize: 1200,
  mtuProbeMax: 1452,
  mtuRaiseInterval: 600_000,
  mtuProbeBacklog: 16_384,
  initialRtt: { private: 100, public: 333 },
  ptoVarianceFloor: 2,
  ptoLinearExpiries: 3,
  ptoBackoff: 1.5,
  ptoMax: 2_000,
  packetThreshold: 3,
  reorderWindowShare: 0.25,
  reorderWindowFloor: 1,
  minRttWindow: 10_000,
  bulkAckDelay: 5,
  maxAckDelay: 25,
  bundleMaxBytes: 512,
  copyThresholds: [0.005, 0.04, 0.14],
  thinMaxMessages: 4,
  copySpacingFloor: 1,
  queueDelayFloor: 5,
  copyShare: 0.25,
  copyFloor: { connection: 64, endpoint: 1_000 },
  arq: 'modern',
  arqWindow: 16,
  congestionControl: 'bbr',
  initialWindowPackets: { private: 32, public: 10 },
  minimumWindowPackets: 2,
  pacingGain: 1.25,
  pacingBurstPackets: 10,
  pacingBurstTime: 2.4,
  pacingBurstMaxPackets: 32,
  receiveWindow: 8 * 1024 * 1024,
  channelWindow: MIN_WINDOW,
  maxChannels: 256,
  sendHighWater: 1024 * 1024,
  sendLimit: 8 * 1024 * 1024,
  maxUnreliableBacklog: 256,
  heartbeatInterval: { private: 1_500, public: 15_000 },
  heartbeatJitter: 0.2,
  livenessGrain: 50,
  suspectAfter: { private: 2_500, public: 37_500 },
  suspectProbeInterval: 150,
  suspectProbeRate: 2_000,
  deadProbes: 20,
  deadAfter: 3_000,
  clockJump: 2_000,
  handshakeRepeatMax: 1_000,
  handshakeTimeout: 10_000,
  maxRetries: 8,
  retryInterval: 25,
  maxBeginnings: 8,
  maxUnreachables: 3,
  lingerTimeout: 10_000,
  rekeyPackets: 2 ** 20,
  rekeyInterval: 3_600_000,
  lossWindow: 256,
};

const PRIVATE =
  /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe[89ab])/i;

/** Private: loopback, RFC 1918, link-local, unique local (RFC 4193). */
export function pathClass(address: string): PathClass {
  return PRIVATE.test(address) ? 'private' : 'public';
}
