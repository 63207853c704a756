/**
 * Sizes tried above the base, bytes of UDP payload: what tunnels leave of 1500 (1400 and IPv4), and
 * 1500 itself less the headers of IPv6 and UDP. Larger ones are for networks that are not Ethernet.
 */
export const MTU_RUNGS: readonly number[] = [1372, 1452];

/** Probes of one size that get lost before it counts as too large (RFC 8899 section 5.1.2). */
const MAX_PROBES = 3;

/** Packets above the base lost, and none of later ones arrived (RFC 8899 section 4.3). */
const BLACK_HOLE_LOSSES = 6;

/** A packet whose fate is known. */
interface Fate {
  readonly number: number;
  readonly size: number;
  readonly isMtuProbe?: boolean;
}

/**
 * How large a datagram the path carries (DPLPMTUD: RFC 8899, RFC 9000 section 14.3). Starts at the
 * base, which every path carries, and climbs by probes that may get lost without harm. Sizes are
 * bytes of UDP payload, times ms.
 */
export class PathMtu {
  readonly #base: number;
  readonly #max: number;
  readonly #raiseInterval: number;
  #failures = 0;
  /** Number of the probe whose fate is not known yet; -1 when there is none. */
  #probe = -1;
  /** No probe before this time: the search was over, with a larger size left to try. */
  #raiseAt = Number.NEGATIVE_INFINITY;
  #holes = 0;
  /** Of the packets above the base that arrived. */
  #largestAcked = -1;
  /** Packets before this one went another way, or before the path became a black hole. */
  #first = 0;
  /** What may be sent now. */
  current: number;

  /** `max` bounds the search: the base, or less, turns it off. */
  constructor(options: { base: number; max: number; raiseInterval: number }) {
    const { base, max, raiseInterval } = options;
    this.#base = base;
    this.#max = max;
    this.#raiseInterval = raiseInterval;
    this.current = base;
  }

  /** The size of the probe that is due; 0 when none is. */
  probeSize(now: number): number {
    if (this.#probe >= 0 || now < this.#raiseAt) return 0;
    const next = MTU_RUNGS.find((size) => size > this.current) ?? 0;
    return next <= this.#max ? next : 0;
  }

  onProbeSent(number: number): void {
    this.#probe = number;
  }

  onAcked({ number, size, isMtuProbe }: Fate): void {
    if (number < this.#first) return;
    if (size > this.#base && number > this.#largestAcked) {
      this.#largestAcked = number;
      this.#holes = 0;
    }
    if (!isMtuProbe) return;
    // One that was taken for lost may arrive while the next is on its way.
    if (number === this.#probe) this.#probe = -1;
    this.#failures = 0;
    this.current = Math.max(this.current, size);
  }

  /** Losses that a later large packet has survived are of chance or of a full queue. */
  onLost(now: number, { number, size, isMtuProbe }: Fate): void {
    if (number < this.#first) return;
    if (isMtuProbe) {
      this.#probe = -1;
      this.#failures++;
      if (this.#failures >= MAX_PROBES) this.#rest(now);
    } else if (size > this.#base && number > this.#largestAcked && this.current > this.#base) {
      this.#holes++;
      if (this.#holes < BLACK_HOLE_LOSSES) return;
      this.#fall(number + 1);
      this.#rest(now);
    }
  }

  /** The path is another, from packet `first` on: what was learnt says nothing about it. */
  startAnew(first: number): void {
    this.#fall(first);
    this.#failures = 0;
    this.#holes = 0;
    this.#raiseAt = Number.NEGATIVE_INFINITY;
  }

  /** Back to the base; the fate of packets before `first` changes nothing any more. */
  #fall(first: number): void {
    this.#first = first;
    this.current = this.#base;
    if (this.#probe < first) this.#probe = -1;
  }

  #rest(now: number): void {
    this.#failures = 0;
    this.#holes = 0;
    this.#raiseAt = now + this.#raiseInterval;
  }
}
