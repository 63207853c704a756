import type { ByteWriter } from '../base/byte-writer.ts';
import { Queue } from '../base/queue.ts';
import { MAX_MESSAGE, type MaxChannelDataFrame, type MaxDataFrame } from '../wire/frame.ts';
import {
  fragmentOverhead,
  messageOverhead,
  skipSize,
  writeFrame,
  writeMessage,
} from '../wire/frame-codec.ts';
import type { TransportParameters } from '../wire/transport-parameters.ts';
import { isChannel, maySkip } from './channel.ts';
import { MESSAGE_COST, MIN_FRAGMENT, type TransportConfig } from './config.ts';
import { TransportError } from './errors.ts';
import { OutgoingMessage, type Piece } from './outgoing-message.ts';
import { SendChannel } from './send-channel.ts';
import { SendOrder, URGENCIES } from './send-order.ts';
import type { SentPacket } from './sent-packet.ts';

/** Most bytes of header, frame overhead and tag around a message in one packet. */
const PACKET_OVERHEAD = 64;

const NONE: readonly never[] = [];

/** All messages on their way out: buffers them within bounds and fills packets from them. */
export class Sender {
  readonly #config: TransportConfig;
  /** Few, mostly: to look through them is quicker than a Map, and takes less. */
  #channels: readonly SendChannel[] = NONE;
  readonly #order = new SendOrder();
  #drained: Queue<number> | undefined;
  #limit = 0;
  #spent = 0;
  #channelLimit = 0;
  /** Bytes (as cost) queued or not yet acknowledged. */
  buffered = 0;
  /** Pieces sent again because they were taken for lost or as a probe. */
  retransmits = 0;
  /** Messages given up because their lifetime was over. */
  givenUp = 0;

  constructor(config: TransportConfig) {
    this.#config = config;
  }

  /** The credit of the peer's transport parameters. */
  start(peer: TransportParameters): void {
    this.#limit = Math.max(this.#limit, peer.initialMaxData);
    this.#channelLimit = peer.initialMaxChannelData;
    for (const channel of this.#channels) {
      channel.limit = Math.max(channel.limit, peer.initialMaxChannelData);
    }
  }

  /** Queues a message; false asks the caller to wait for `takeDrain`. Throws TransportError. */
  push(number: number, bytes: Uint8Array, expiresAt: number = Number.POSITIVE_INFINITY): boolean {
    const longest = this.#maxWhole;
    const channel = this.#channel(number);
    if (expiresAt < Number.POSITIVE_INFINITY && channel.isReliable && !maySkip(number)) {
      throw new TransportError('ERR_CHANNEL', `channel ${number} gives no message up`);
    }
    const allowed = channel.isReliable ? MAX_MESSAGE : longest;
    if (bytes.length > allowed) {
      const text = `a message of ${bytes.length} bytes; the most is ${allowed}`;
      throw new TransportError('ERR_MESSAGE_TOO_LONG', text);
    }
    const cost = bytes.length + MESSAGE_COST;
    if (this.buffered + cost > this.#config.sendLimit) {
      const text = `${this.buffered} bytes wait to be sent; wait for 'drain' before sending more`;
      throw new TransportError('ERR_SEND_BUFFER_FULL', text);
    }
    const fragmented = bytes.length > longest;
    channel.push(new OutgoingMessage({ channel: number, bytes, fragmented, expiresAt }));
    this.buffered += cost;
    const full = channel.buffered >= this.#config.sendHighWater;
    channel.needsDrain ||= full;
    return !full;
  }

  /** 0 goes before all others, 7 after them. Throws TransportError. */
  setPriority(number: number, urgency: number): void {
    if (!Number.isInteger(urgency) || urgency < URGENCIES.first || urgency > URGENCIES.last) {
      throw new TransportError('ERR_CHANNEL', `a priority of ${urgency}; it is 0 to 7`);
    }
    this.#order.move(this.#channel(number), urgency);
  }

  /** The urgency of the first that could be sent; Infinity when there is none. */
  get mostUrgentWaiting(): number {
    let most = Number.POSITIVE_INFINITY;
    for (const channel of this.#channels) {
      const waits = channel.hasNext(Number.NEGATIVE_INFINITY, this.#limit - this.#spent);
      if (waits) most = Math.min(most, channel.urgency);
    }
    return most;
  }

  urgencyOf(number: number): number {
    return this.#known(number)?.urgency ?? URGENCIES.standard;
  }

  hasPending(now: number): boolean {
    const credit = this.#limit - this.#spent;
    for (const channel of this.#channels) if (channel.hasNext(now, credit)) return true;
    return false;
  }

  /** When something that waits to be sent expires; Infinity when nothing does. */
  get expiryDeadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const channel of this.#channels) deadline = Math.min(deadline, channel.expiryDeadline);
    return deadline;
  }

  /** Gives up what has waited too long. */
  expire(now: number): void {
    for (const channel of this.#channels) channel.expire(now);
  }

  /** A channel that has room again after `push` returned false for it; each once. */
  takeDrain(): number | undefined {
    return this.#drained?.shift();
  }

  /** Writes as many pieces as fit into a packet. */
  fill(now: number, writer: ByteWriter, packet: SentPacket): void {
    this.#order.fill((channel) => {
      let wrote = false;
      while (this.#writeOne(now, writer, channel, packet)) wrote = true;
      return wrote;
    });
  }

  onAcked(piece: Piece): void {
    const { message } = piece;
    if (message.ack(piece)) this.#release(this.#known(message.channel), message.buffered);
  }

  /** A packet with this piece was lost: it goes again, unless a copy is still on the way. */
  onLost(piece: Piece): void {
    const { message } = piece;
    message.flights--;
    if (message.fragmented || piece.isSkip || message.flights <= 0) this.sendAgain(piece);
  }

  sendAgain(piece: Piece): void {
    const channel = this.#known(piece.message.channel);
    if (channel?.isReliable && !piece.message.isSettled(piece)) channel.sendAgain(piece);
  }

  onCredit(frame: MaxDataFrame | MaxChannelDataFrame): void {
    if (frame.type === 'maxData') {
      this.#limit = Math.max(this.#limit, frame.limit);
      return;
    }
    const channel = this.#known(frame.channel);
    if (channel !== undefined) channel.limit = Math.max(channel.limit, frame.limit);
  }

  get #maxWhole(): number {
    return this.#config.maxDatagramSize - PACKET_OVERHEAD;
  }

  #known(number: number): SendChannel | undefined {
    for (const channel of this.#channels) if (channel.number === number) return channel;
    return undefined;
  }

  #channel(number: number): SendChannel {
    let channel = this.#known(number);
    if (channel === undefined) {
      if (!isChannel(number)) {
        throw new TransportError('ERR_CHANNEL', `${number} is no number of a channel`);
      }
      if (this.#channels.length >= this.#config.maxChannels) {
        throw new TransportError('ERR_CHANNEL', `more than ${this.#channels.length} channels`);
      }
      const onGivenUp = (bytes: number): void => {
        this.givenUp++;
        this.#release(this.#known(number), bytes);
      };
      channel = new SendChannel({ number, limit: this.#channelLimit, onGivenUp });
      // Not spread or pushed, which makes room for 17.
      this.#channels = this.#channels.concat(channel);
      this.#order.add(channel);
    }
    return channel;
  }

  #release(channel: SendChannel | undefined, bytes: number): void {
    this.buffered -= bytes;
    if (channel === undefined) return;
    channel.buffered -= bytes;
    if (!channel.needsDrain || channel.buffered > this.#config.sendHighWater / 2) return;
    channel.needsDrain = false;
    this.#drained ??= new Queue();
    this.#drained.push(channel.number);
  }

  #writeOne(now: number, writer: ByteWriter, channel: SendChannel, packet: SentPacket): boolean {
    const piece = channel.next(now, this.#limit - this.#spent);
    if (piece === undefined) return false;
    const length = fitting(writer.remaining, piece);
    if (length < 0) return false;
    const { message } = piece;
    write(writer, piece, length);
    if (!message.started && channel.isReliable) this.#spent += message.cost;
    const again = channel.took(piece, length);
    if (again && !piece.isSkip) this.retransmits++;
    if (!channel.isReliable) {
      // Nobody waits for its acknowledgement.
      message.isDone = true;
      this.#release(channel, message.cost);
    }
    message.flights++;
    packet.add(length === piece.length ? piece : { message, offset: piece.offset, length });
    return true;
  }
}

/** Writes the first `length` bytes of a piece. */
function write(writer: ByteWriter, { message, offset, isSkip }: Piece, length: number): void {
  const { channel, id, bytes: whole, fragmented } = message;
  const total = whole.length;
  if (isSkip) writeFrame(writer, { type: 'skip', channel, id, length: total });
  else if (fragmented) {
    const bytes = whole.subarray(offset, offset + length);
    writeFrame(writer, { type: 'fragment', channel, id, total, offset, bytes });
  } else writeMessage(writer, channel, id, whole);
}

/** How many bytes of a piece fit into `room`; -1 when it has to wait for the next packet. */
function fitting(room: number, { message, offset, length, isSkip }: Piece): number {
  const { channel, id, bytes } = message;
  if (isSkip) return skipSize(channel, id, bytes.length) <= room ? 0 : -1;
  if (!message.fragmented) {
    return messageOverhead(channel, id, length) + length <= room ? length : -1;
  }
  const overhead = fragmentOverhead({ channel, id, total: bytes.length, offset, length });
  const space = Math.min(room - overhead, length);
  return space >= Math.min(length, MIN_FRAGMENT) ? space : -1;
}
