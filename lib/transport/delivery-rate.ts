import type { PathSample } from './congestion.ts';
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

  /**
   * The sample of the packets that were acknowledged since the last one, with what else is known
   * of the path. One literal: to spread an object into another costs more than the rest of an ack.
   */
  take(path: { minRtt: number; latestRtt: number; srtt: number; inFlight: number }): PathSample {
    const { minRtt, latestRtt, srtt, inFlight } = path;
    const delivered = this.#delivered;
    const newest = this.#newest;
    this.#newest = undefined;
    let rate = 0;
    if (newest !== undefined) {
      this.#flightStart = newest.time;
      const sending = newest.time - newest.flightStart;
      const interval = Math.max(sending, this.#deliveredTime - newest.deliveredTime);
      // Shorter than a round trip: acks were bunched up, so the rate would be too high.
      const isTelling = interval >= minRtt && interval > 0;
      if (isTelling) rate = (delivered - newest.delivered) / interval;
    }
    const isAppLimited = newest?.isAppLimited ?? true;
    const priorDelivered = newest?.delivered ?? 0;
    return { rate, isAppLimited, priorDelivered, delivered, latestRtt, srtt, inFlight };
  }
}
