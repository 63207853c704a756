import type { Piece } from './outgoing-message.ts';

/**
 * A packet that is written, sent, and then on its way until its fate is known. One object, filled
 * in turn by those who know: no lists of frames, for a packet of a stream carries one message, and
 * an empty array that is pushed to holds room for 17. Sizes are bytes of UDP payload, times ms.
 */
export class SentPacket {
  number = 0;
  size = 0;
  time = 0;
  /** Must be acknowledged (RFC 9002 section 2). */
  isEliciting = false;
  /** Tries a size: that it is lost tells nothing of congestion (RFC 9000 section 14.4). */
  isMtuProbe = false;

  /** Pieces of messages; undefined while there is none. */
  pieces: Piece[] | undefined;
  /** Largest number that its ACK acknowledges; -1 without one. */
  ackedUpTo = -1;
  hasHandshakeDone = false;
  hasMaxData = false;
  /** Channels whose credit it tells. */
  creditOf: number[] | undefined;

  /** Bytes delivered when it was sent, and when the last of them was acknowledged. */
  delivered = 0;
  deliveredTime = 0;
  /** When the packet was sent that began the flight it belongs to. */
  flightStart = 0;
  isAppLimited = false;

  /** Its neighbours in the list that it is in: for that list alone. */
  previous: SentPacket | undefined;
  next: SentPacket | undefined;

  add(piece: Piece): void {
    if (this.pieces === undefined) this.pieces = [piece];
    else this.pieces.push(piece);
  }

  addCreditOf(channel: number): void {
    if (this.creditOf === undefined) this.creditOf = [channel];
    else this.creditOf.push(channel);
  }

  /** Whether anything in it must be sent again if it is lost. */
  get hasData(): boolean {
    return (
      this.pieces !== undefined ||
      this.hasHandshakeDone ||
      this.hasMaxData ||
      this.creditOf !== undefined
    );
  }
}
