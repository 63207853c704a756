import { unreachable } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import type { Frame } from '../wire/frame.ts';
import { readFrame } from '../wire/frame-codec.ts';
import { AckUrgency, ackUrgency } from './ack-tracker.ts';
import {
  ACK_OF_UNSENT,
  EMPTY_PACKET,
  MALFORMED_FRAME,
  type PeerError,
  UNSUPPORTED_RESET,
} from './errors.ts';
import type { PacketSpace } from './packet-space.ts';
import type { Receiver } from './receiver.ts';
import type { Sender } from './sender.ts';

/** Why the rest of a packet is not read: the peer broke a rule, or has closed. */
export type Ending =
  | { readonly by: 'error'; readonly error: PeerError }
  | { readonly by: 'peer'; readonly code: number; readonly reason: string };

/** Takes in the frames of received packets: each goes to whom it concerns. */
export class FrameIntake {
  readonly #space: PacketSpace;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  /** Of the packet last taken in: how soon it wants to be acknowledged. */
  urgency: AckUrgency = AckUrgency.none;
  /** Of the packet last taken in: whether it counts as lost, because of a gap before its data. */
  isDropped = false;
  /** Of the packet last taken in: the data of a PATH_RESPONSE. */
  pathResponse: Uint8Array | undefined;

  constructor(parts: { space: PacketSpace; sender: Sender; receiver: Receiver }) {
    this.#space = parts.space;
    this.#sender = parts.sender;
    this.#receiver = parts.receiver;
  }

  /** Takes a packet's frames up to the first that ends the connection. */
  take(now: number, payload: Uint8Array): Ending | undefined {
    this.urgency = AckUrgency.none;
    this.isDropped = false;
    this.pathResponse = undefined;
    if (payload.length === 0) return { by: 'error', error: EMPTY_PACKET };
    const reader = new ByteReader(payload);
    while (reader.remaining > 0) {
      const frame = readFrame(reader);
      if (frame === undefined) return { by: 'error', error: MALFORMED_FRAME };
      if (this.#space.recovery.policy.dropsGaps && this.#receiver.isAhead(frame)) {
        // What was read of it so far changes nothing when it comes again.
        this.isDropped = true;
        return undefined;
      }
      if (frame.type === 'close') return { by: 'peer', code: frame.code, reason: frame.reason };
      const isCopy = frame.type === 'message' && this.#receiver.isSettled(frame);
      const error = this.#takeFrame(now, frame);
      if (error !== undefined) return { by: 'error', error };
      // Copies come in twos and threes: one acknowledgement will do.
      const wanted = isCopy ? AckUrgency.soon : ackUrgency(frame);
      if (wanted > this.urgency) this.urgency = wanted;
    }
    return undefined;
  }

  #takeFrame(now: number, frame: Exclude<Frame, { type: 'close' }>): PeerError | undefined {
    switch (frame.type) {
      case 'padding':
      case 'ping':
      case 'handshakeDone':
      case 'newConnectionId':
      case 'retireConnectionId':
        return undefined;
      case 'ack':
        return this.#space.onAck(now, frame) ? undefined : ACK_OF_UNSENT;
      case 'message':
        return this.#receiver.onMessage(frame);
      case 'fragment':
        return this.#receiver.onFragment(frame);
      case 'skip':
        return this.#receiver.onSkip(frame);
      case 'maxData':
      case 'maxChannelData':
        this.#sender.onCredit(frame);
        return undefined;
      case 'resetChannel':
        return UNSUPPORTED_RESET;
      case 'pathChallenge':
        this.#space.onPathChallenge(frame.data);
        return undefined;
      case 'pathResponse':
        this.pathResponse = frame.data;
        return undefined;
      default:
        return unreachable(frame);
    }
  }
}
