import { Queue } from '../base/queue.ts';
import type { FragmentFrame, Frame, MessageFrame, SkipFrame } from '../wire/frame.ts';
import { isReliable, maySkip, type ReceivedMessage } from './channel.ts';
import { MAX_COST, MESSAGE_COST, type TransportConfig } from './config.ts';
import { type PeerError, TransportErrorCode } from './errors.ts';
import { ReceiveChannel } from './receive-channel.ts';

const NONE: readonly never[] = [];

/** All messages on their way in: holds them within the credit given, and renews the credit. */
export class Receiver {
  readonly #config: TransportConfig;
  /** Few, mostly: to look through them is quicker than a Map, and takes less. */
  #channels: readonly ReceiveChannel[] = NONE;
  readonly #ready = new Queue<ReceivedMessage>();
  /** What came on channels that are not read now. Made when one is paused. */
  #paused: Map<number, Queue<ReceivedMessage>> | undefined;
  readonly #renewable: ReceiveChannel[] = [];
  #unreliableReady = 0;
  #advertised: number;
  #consumed = 0;
  #held = 0;
  /** Messages that must have been sent and of which nothing came, on all channels. */
  #missing = 0;
  #renewData = false;

  constructor(config: TransportConfig) {
    this.#config = config;
    this.#advertised = config.receiveWindow;
  }

  /** Bytes (as cost) that came and were not read. */
  get held(): number {
    return this.#held;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /** Whether a frame carries data before which something is missing on its channel. */
  isAhead(frame: Frame): boolean {
    if (frame.type !== 'message' && frame.type !== 'fragment') return false;
    if (!isReliable(frame.channel)) return false;
    const offset = frame.type === 'fragment' ? frame.offset : 0;
    const channel = this.#known(frame.channel);
    return channel?.isAhead(frame.id, offset) ?? (frame.id > 0 || offset > 0);
  }

  /** Whether this message came before, or will not be waited for. */
  isSettled({ channel, id }: MessageFrame): boolean {
    return this.#known(channel)?.isSettled(id) ?? false;
  }

  /** Takes a whole message; the error is what to close the connection with. */
  onMessage({ channel: number, id, bytes: view }: MessageFrame): PeerError | undefined {
    const bytes = owned(view);
    if (!isReliable(number)) {
      this.#acceptUnreliable({ type: 'message', channel: number, bytes });
      return undefined;
    }
    const channel = this.#channel(number);
    if (channel === undefined) return TOO_MANY_CHANNELS;
    if (channel.isSettled(id)) return undefined;
    if (channel.isPartial(id)) return violation('a message came both whole and in parts');
    const error = this.#checkCredit(channel, id, bytes.length);
    if (error === undefined) this.#deliver(channel, id, bytes);
    return error;
  }

  /** Takes part of a message; the error is what to close the connection with. */
  onFragment(frame: FragmentFrame): PeerError | undefined {
    const { channel: number, id, total } = frame;
    if (!isReliable(number)) {
      return violation(`channel ${number} carries no parts of messages`);
    }
    const channel = this.#channel(number);
    if (channel === undefined) return TOO_MANY_CHANNELS;
    if (channel.isSettled(id)) return undefined;
    if (!channel.isPartial(id)) {
      const error = this.#checkCredit(channel, id, total);
      if (error !== undefined) return error;
    }
    const whole = this.#counted(channel, () => channel.acceptPart(id, frame));
    this.#considerRenewal();
    if (whole === false) return violation('the parts of a message contradict each other');
    if (whole !== undefined) this.#deliver(channel, id, whole);
    return undefined;
  }

  /** A message will not come; the error is what to close the connection with. */
  onSkip({ channel: number, id, length }: SkipFrame): PeerError | undefined {
    if (!maySkip(number)) return violation(`channel ${number} skips no messages`);
    const channel = this.#channel(number);
    if (channel === undefined) return TOO_MANY_CHANNELS;
    if (channel.isSettled(id)) return undefined;
    if (!channel.isPartial(id)) {
      const error = this.#checkCredit(channel, id, length);
      if (error !== undefined) return error;
    }
    const due = this.#counted(channel, () => channel.skip(id, length));
    if (due === false) return violation('the parts of a message contradict each other');
    this.#consumed += length + MESSAGE_COST;
    for (const bytes of due) this.#put({ type: 'message', channel: number, bytes });
    this.#considerRenewal();
    this.#considerChannelRenewal(channel);
    return undefined;
  }

  /** The next message for the application; reading it renews the peer's credit. */
  read(): ReceivedMessage | undefined {
    const message = this.#ready.shift();
    if (message === undefined) return undefined;
    const channel = this.#known(message.channel);
    if (channel === undefined) {
      this.#unreliableReady--;
      return message;
    }
    const cost = message.bytes.length + MESSAGE_COST;
    channel.onRead(message.bytes.length);
    this.#consumed += cost;
    this.#held -= cost;
    this.#considerRenewal();
    this.#considerChannelRenewal(channel);
    return message;
  }

  /** Keeps the messages of a channel back, or lets them come: unread, they renew no credit. */
  setPaused(channel: number, isPaused: boolean): void {
    const kept = this.#paused?.get(channel);
    if (isPaused === (kept !== undefined)) return;
    if (isPaused) {
      this.#paused ??= new Map();
      this.#paused.set(channel, new Queue());
      // Those that are ready were not read either.
      for (let count = this.#ready.length; count > 0; count--) this.#put(this.#ready.shift());
      return;
    }
    this.#paused?.delete(channel);
    for (let next = kept?.shift(); next !== undefined; next = kept?.shift()) this.#put(next);
  }

  /** Ends all pauses; false when nothing was kept back. */
  resumeAll(): boolean {
    for (const channel of this.#paused?.keys() ?? []) this.setPaused(channel, false);
    return this.hasReady;
  }

  /** Whether credit is worth sending. */
  get hasRenewals(): boolean {
    return this.#renewData || this.#renewable.length > 0;
  }

  /** The connection's new credit, if it is time to tell. */
  takeMaxData(): number | undefined {
    if (!this.#renewData) return undefined;
    this.#renewData = false;
    this.#advertised = this.#consumed + this.#config.receiveWindow;
    return this.#advertised;
  }

  /** One channel's new credit, if it is time to tell. */
  takeMaxChannelData(): { channel: number; limit: number } | undefined {
    const channel = this.#renewable.shift();
    if (channel === undefined) return undefined;
    channel.advertised = channel.consumed + this.#config.channelWindow;
    return { channel: channel.number, limit: channel.advertised };
  }

  /** A frame with our credit was lost: say the newest again. */
  onMaxDataLost(): void {
    this.#renewData = true;
  }

  onMaxChannelDataLost(number: number): void {
    const channel = this.#known(number);
    if (channel !== undefined) this.#renew(channel);
  }

  /** Forgets what was not read. */
  clear(): void {
    this.#ready.clear();
    this.#paused = undefined;
    this.#channels = NONE;
    this.#renewable.length = 0;
    this.#held = 0;
    this.#missing = 0;
  }

  #put(message: ReceivedMessage | undefined): void {
    if (message !== undefined) (this.#paused?.get(message.channel) ?? this.#ready).push(message);
  }

  #acceptUnreliable(message: ReceivedMessage): void {
    if (this.#unreliableReady >= this.#config.maxUnreliableBacklog) return;
    this.#unreliableReady++;
    this.#put(message);
  }

  #known(number: number): ReceiveChannel | undefined {
    for (const channel of this.#channels) if (channel.number === number) return channel;
    return undefined;
  }

  #channel(number: number): ReceiveChannel | undefined {
    let channel = this.#known(number);
    if (channel === undefined && this.#channels.length < this.#config.maxChannels) {
      channel = new ReceiveChannel(number, this.#config.channelWindow);
      // Not spread or pushed, which makes room for 17.
      this.#channels = this.#channels.concat(channel);
    }
    return channel;
  }

  #checkCredit(channel: ReceiveChannel, id: number, length: number): PeerError | undefined {
    const cost = length + MESSAGE_COST;
    const missing = channel.missingWith(id);
    const missingInAll = this.#missing - channel.missing + missing;
    const spent = channel.consumed + channel.held + cost + missing * MESSAGE_COST;
    const spentInAll = this.#consumed + this.#held + cost + missingInAll * MESSAGE_COST;
    const withinChannel = spent <= channel.advertised;
    const withinConnection = spentInAll <= this.#advertised;
    if (withinChannel && withinConnection) return undefined;
    const reason = `more than the credit of channel ${channel.number}`;
    return { code: TransportErrorCode.flowControlError, reason };
  }

  /** What a channel takes in counts for the connection too. */
  #counted<T>(channel: ReceiveChannel, take: () => T): T {
    const { held, missing } = channel;
    const result = take();
    this.#held += channel.held - held;
    this.#missing += channel.missing - missing;
    return result;
  }

  #deliver(channel: ReceiveChannel, id: number, bytes: Uint8Array): void {
    const { held, missing } = channel;
    const all = channel.acceptWhole(id, bytes);
    this.#held += channel.held - held;
    this.#missing += channel.missing - missing;
    for (const due of all) {
      this.#put({ type: 'message', channel: channel.number, bytes: due });
    }
    this.#considerRenewal();
  }

  /**
   * The peer gets new credit when it has used half of what there is room for, or can't begin the
   * longest message. That room is less when a channel is not read, and the others go on.
   */
  #considerRenewal(): void {
    const room = this.#config.receiveWindow - this.#held;
    const usable = this.#advertised - this.#consumed - this.#held;
    if (usable < room && usable <= Math.max(room / 2, MAX_COST)) this.#renewData = true;
  }

  #renew(channel: ReceiveChannel): void {
    if (!this.#renewable.includes(channel)) this.#renewable.push(channel);
  }

  #considerChannelRenewal(channel: ReceiveChannel): void {
    const { channelWindow } = this.#config;
    if (channel.consumed + channelWindow - channel.advertised >= channelWindow / 2) {
      this.#renew(channel);
    }
  }
}

/** The bytes of a message, without more of its datagram than they are themselves. */
function owned(view: Uint8Array): Uint8Array {
  return 2 * view.length >= view.buffer.byteLength ? view : view.slice();
}

const TOO_MANY_CHANNELS: PeerError = {
  code: TransportErrorCode.channelLimitError,
  reason: 'more channels than allowed',
};

function violation(reason: string): PeerError {
  return { code: TransportErrorCode.protocolViolation, reason };
}
