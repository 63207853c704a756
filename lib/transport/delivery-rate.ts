import type { RateSample } from './congestion.ts';

/** What a packet remembers of the time it was sent, to tell later how fast packets arrive. */
export interface DeliveryStamp {
  /** Bytes delivered by then, and when the last of them was acknowledged. */
  readonly delivered: number;
  readonly deliveredTime: number;
  /** When the packet was sent that began the flight it belongs to. */
  readonly flightStart: number;
  readonly isAppLimited: boolean;
}

/** A packet with its stamp. */
export interface StampedPacket {
  readonly time: number;
  readonly size: number;
  readonly stamp: DeliveryStamp;
}

/**
 * Measures how fast packets arrive: what was delivered between the sending of a packet and its
 * acknowledgement, over the longer of the times it took to send and to acknowledge that much
 * (draft-cheng-iccrg-delivery-rate-estimation). Times in ms, sizes in bytes.
 */
export class DeliveryRate {
  #delivered = 0;
  #deliveredTime = 0;
  #flightStart = 0;
  /** Packets sent until this much was delivered belong to a pause of the application. */
  #appLimitedUntil = 0;
  #newest: StampedPacket | undefined;

  /** For a packet that is being sent. */
  stamp(now: number, inFlight: number): DeliveryStamp {
    if (inFlight === 0) {
      this.#flightStart = now;
      this.#deliveredTime = now;
    }
    return {
      delivered: this.#delivered,
      deliveredTime: this.#deliveredTime,
      flightStart: this.#flightStart,
      isAppLimited: this.#appLimitedUntil > 0,
    };
  }

  /** There is room to send, but nothing to send. */
  onAppLimited(inFlight: number): void {
    this.#appLimitedUntil = Math.max(this.#delivered + inFlight, 1);
  }

  onAcked(now: number, packet: StampedPacket): void {
    this.#delivered += packet.size;
    this.#deliveredTime = now;
    if (this.#appLimitedUntil > 0 && this.#delivered > this.#appLimitedUntil) {
      this.#appLimitedUntil = 0;
    }
    if (packet.time >= (this.#newest?.time ?? packet.time)) this.#newest = packet;
  }

  /** The sample of the packets that were acknowledged since the last one. */
  take(minRtt: number): RateSample {
    const delivered = this.#delivered;
    const newest = this.#newest;
    this.#newest = undefined;
    if (newest === undefined) {
      return { rate: 0, isAppLimited: true, priorDelivered: 0, delivered };
    }
    const { time, stamp } = newest;
    this.#flightStart = time;
    const interval = Math.max(time - stamp.flightStart, this.#deliveredTime - stamp.deliveredTime);
    // Shorter than a round trip: acks were bunched up, so the rate would be too high.
    const rate = interval < minRtt || interval <= 0 ? 0 : (delivered - stamp.delivered) / interval;
    const { isAppLimited } = stamp;
    return { rate, isAppLimited, priorDelivered: stamp.delivered, delivered };
  }
}
