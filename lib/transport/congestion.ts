/** What a congestion controller is told about packets that were acknowledged together. */
export interface AckedBytes {
  readonly bytes: number;
  /** When the newest of them was sent. */
  readonly sentTime: number;
  /** The window was not what held the sender back, so this says nothing about the path. */
  readonly appLimited: boolean;
}

/** What it is told about packets that were declared lost together. */
export interface LostBytes {
  readonly bytes: number;
  /** When the newest of them was sent. */
  readonly sentTime: number;
  /** Nothing got through for so long that the path must be taken for new (RFC 9002 section 7.6). */
  readonly persistent: boolean;
}

/**
 * The path at the time of an acknowledgement, and how fast packets arrived
 * (draft-cheng-iccrg-delivery-rate-estimation section 3). Times in ms, sizes in bytes.
 */
export interface PathSample {
  /** Bytes a ms; 0 when the interval was too short to tell. */
  readonly rate: number;
  /** The application, not the path, may have set this rate: it is a lower bound. */
  readonly isAppLimited: boolean;
  /** Bytes delivered on this connection when the newest acknowledged packet was sent ... */
  readonly priorDelivered: number;
  /** ... and by now. */
  readonly delivered: number;
  /** The newest sample, and the smoothed one. */
  readonly latestRtt: number;
  readonly srtt: number;
  /** What is in flight still. */
  readonly inFlight: number;
}

/** Decides how many bytes may be in flight. Times in ms, sizes in bytes of UDP payload. */
export interface CongestionController {
  readonly name: CongestionControl;
  readonly window: number;
  /** Bytes a ms to send at; undefined: pacingGain x window / srtt. */
  readonly pacingRate: number | undefined;
  onAcked(now: number, acked: AckedBytes, path: PathSample): void;
  onLost(now: number, lost: LostBytes): void;
}

/**
 * `bbr` models the path, and fills it in spite of random loss; `cubic` (RFC 9438) and `newreno`
 * (RFC 9002) take every loss for congestion; `fixed` is a window of `arqWindow` packets, which none
 * changes, for the lab.
 */
export type CongestionControl = 'bbr' | 'cubic' | 'newreno' | 'fixed';
