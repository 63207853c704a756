import type { ArqName } from '../wire/transport-parameters.ts';
import type { TransportConfig } from './config.ts';

/**
 * How losses are found and repaired: automatic repeat request, in four kinds. `modern` is what
 * udpchat is; the others are the textbook's (Kurose and Ross, chapter 3; RFC 3366), for the lab.
 * They have a window counted in packets and a timer (RFC 6298), and nothing else: no congestion
 * control, no inference from later acknowledgements, no copies.
 */
export interface RecoveryPolicy {
  readonly arq: ArqName;
  /** Packets that may be unresolved at once; Infinity: the congestion window alone decides. */
  readonly maxOutstanding: number;
  /** `rack`: later acknowledgements show a loss, and probes ask. `timer`: only a timeout does. */
  readonly detection: 'rack' | 'timer';
  /** Whether a timeout of the oldest packet takes all that follow it for lost as well. */
  readonly goesBack: boolean;
  /** Whether the receiver drops what does not come in order, as if it had been lost. */
  readonly dropsGaps: boolean;
  /** Whether an acknowledgement says only what came since the last one, so that none covers one. */
  readonly acksOnce: boolean;
  /**
   * Packets after one whose acknowledgements say as much as its own: its timeout waits for them,
   * so that a lost acknowledgement alone sends nobody back.
   */
  readonly coveringAcks: number;
}

/** Of go-back-n: at 30 % loss one packet in 37 goes back for nothing. */
const COVERING_ACKS = 2;

/** Timeouts at one length before they grow: formulas know no backoff, but a dead path needs it. */
const TIMER_LINEAR_EXPIRIES = 6;

/**
 * One for all connections, and not spread: V8 gives each object that was spread a shape of its own,
 * and what is read with every packet must have one that is known.
 */
const MODERN: RecoveryPolicy = {
  arq: 'modern',
  maxOutstanding: Number.POSITIVE_INFINITY,
  detection: 'rack',
  goesBack: false,
  dropsGaps: false,
  acksOnce: false,
  coveringAcks: 0,
};

const TIMER = { ...MODERN, detection: 'timer' } as const;

/** What the two ends use, from what each asked for; undefined when they insist on two kinds. */
export function agreeArq(ours: ArqName, theirs: ArqName): ArqName | undefined {
  if (ours === theirs || theirs === 'modern') return ours;
  return ours === 'modern' ? theirs : undefined;
}

/** The rules of an ARQ. `window` is in packets, and only for those with a window above one. */
export function recoveryPolicy(arq: ArqName, window: number): RecoveryPolicy {
  switch (arq) {
    case 'modern':
      return MODERN;
    case 'stop-and-wait':
      return { ...TIMER, arq, maxOutstanding: 1 };
    case 'go-back-n':
      return {
        ...TIMER,
        arq,
        maxOutstanding: window,
        goesBack: true,
        dropsGaps: true,
        coveringAcks: Math.min(COVERING_ACKS, window - 1),
      };
    case 'selective-repeat':
      return { ...TIMER, arq, maxOutstanding: window, acksOnce: true };
  }
}

/** The configuration under a policy: textbook kinds send a window evenly over a round trip. */
export function underPolicy(config: TransportConfig, policy: RecoveryPolicy): TransportConfig {
  if (policy.detection === 'rack') return config;
  return {
    ...config,
    congestionControl: 'fixed',
    mtuProbeMax: config.maxDatagramSize,
    copyThresholds: [],
    pacingGain: 1,
    pacingBurstPackets: 1,
    pacingBurstMaxPackets: 1,
    ptoLinearExpiries: TIMER_LINEAR_EXPIRIES,
  };
}
