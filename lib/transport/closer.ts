/** CLOSE is sent this often, a probe timeout apart, and once for each later packet of the peer. */
const COPIES = 3;

/** Probe timeouts until a closed connection is forgotten (RFC 9000 section 10.2). */
const DRAIN_PTOS = 3;

/** The end of a connection: repeats CLOSE if it is ours, keeps silent if it was the peer's. */
export class Closer {
  readonly code: number;
  readonly reason: string;
  readonly #pto: number;
  readonly #speaks: boolean;
  readonly #endsAt: number;
  #sent = 0;
  #dueAt: number;

  constructor(options: {
    now: number;
    code: number;
    reason: string;
    pto: number;
    /** Whether we closed, and so have to say it. */
    speaks: boolean;
  }) {
    this.code = options.code;
    this.reason = options.reason;
    this.#pto = options.pto;
    this.#speaks = options.speaks;
    this.#endsAt = options.now + DRAIN_PTOS * options.pto;
    this.#dueAt = options.speaks ? options.now : Number.POSITIVE_INFINITY;
  }

  get deadline(): number {
    return Math.min(this.#dueAt, this.#endsAt);
  }

  isOver(now: number): boolean {
    return now >= this.#endsAt;
  }

  /** The peer is still talking, so it has not heard us: say it again, but not for each packet. */
  onPacket(now: number): void {
    if (this.#speaks && this.#sent >= 1) this.#dueAt = Math.min(this.#dueAt, now + this.#pto / 2);
  }

  /** Whether a CLOSE is to be sent now. */
  take(now: number): boolean {
    if (now < this.#dueAt) return false;
    this.#sent++;
    this.#dueAt = this.#sent < COPIES ? now + this.#pto : Number.POSITIVE_INFINITY;
    return true;
  }
}
