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

/** Decides how many bytes may be in flight. Times in ms, sizes in bytes of UDP payload. */
export interface CongestionController {
  readonly name: string;
  readonly window: number;
  onSent(now: number, bytes: number): void;
  onAcked(now: number, acked: AckedBytes): void;
  onLost(now: number, lost: LostBytes): void;
}
