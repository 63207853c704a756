import type { RateSample } from './congestion.ts';
import type { SentPacket } from './sent-packet.ts';

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
  #newest: SentPacket | undefined;

  /** Writes into a packet that is being sent what will tell how fast it and others arrived. */
  stamp(packet: SentPacket, inFlight: number): void {
    if (inFlight === 0) {
      this.#flightStart = packet.time;
      this.#deliveredTime = packet.time;
    }
    packet.delivered = this.#delivered;
    packet.deliveredTime = this.#deliveredTime;
    packet.flightStart = this.#flightStart;
    packet.isAppLimited = this.#appLimitedUntil > 0;
  }

  /** There is room to send, but nothing to send. */
  onAppLimited(inFlight: number): void {
    this.#appLimitedUntil = Math.max(this.#delivered + inFlight, 1);
  }

  onAcked(now: number, packet: SentPacket): void {
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
    this.#flightStart = newest.time;
    const { delivered: priorDelivered, isAppLimited } = newest;
    const sending = newest.time - newest.flightStart;
    const interval = Math.max(sending, this.#deliveredTime - newest.deliveredTime);
    // Shorter than a round trip: acks were bunched up, so the rate would be too high.
    const rate = interval < minRtt || interval <= 0 ? 0 : (delivered - priorDelivered) / interval;
    return { rate, isAppLimited, priorDelivered, delivered };
  }
}
