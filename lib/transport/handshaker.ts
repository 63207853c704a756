import type { ByteWriter } from '../base/byte-writer.ts';
import type { Handshake, HandshakeIds, HandshakeResult } from '../crypto/protection.ts';
import type { HandshakePacket, InitialPacket, RetryPacket } from '../wire/packet.ts';
import { writeLongPacket } from '../wire/packet-codec.ts';
import type { TransportConfig } from './config.ts';

const NO_ID = new Uint8Array(0);

/**
 * Carries the messages of a handshake over loss (spec/protocol section 3). The client repeats its
 * newest message until it sees that the server has it; the server only ever answers.
 */
export class Handshaker {
  readonly #config: TransportConfig;
  readonly #handshake: Handshake;
  readonly #version: number;
  readonly #side: 'client' | 'server';
  readonly #timeout: number;
  readonly #clientId: Uint8Array;
  #serverId: Uint8Array;
  #token: Uint8Array = NO_ID;
  #message: Uint8Array | undefined;
  #isInitial: boolean;
  #attempts = 0;
  #unreachables = 0;
  #sentAt = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  readonly deadline: number;
  result: HandshakeResult | undefined;
  /** Whether we do not accept the key that the peer has proven. */
  isRefused = false;
  /** Time from our only Initial to its answer, ms: a first RTT sample, if unambiguous. */
  rttSample: number | undefined;

  constructor(options: {
    now: number;
    config: TransportConfig;
    handshake: Handshake;
    /** Of the protocol, as long packets carry it. */
    version: number;
    side: 'client' | 'server';
    ids: HandshakeIds;
    initialRtt: number;
  }) {
    const { now, config, handshake, version, side, ids, initialRtt } = options;
    this.#config = config;
    this.#handshake = handshake;
    this.#version = version;
    this.#side = side;
    this.#clientId = ids.client;
    this.#serverId = ids.server;
    // RFC 9002 section 6.2.2: three initial RTTs before the first repetition.
    this.#timeout = 3 * initialRtt;
    this.deadline = now + config.handshakeTimeout;
    this.#isInitial = side === 'client';
    if (side === 'client') this.#say(now, handshake.start(ids));
  }

  get serverId(): Uint8Array {
    return this.#serverId;
  }

  get nextTimeout(): number {
    return this.#dueAt;
  }

  /** The server wants our address proven: again, with the token. Only the first one counts. */
  onRetry(now: number, packet: RetryPacket): void {
    if (this.#side !== 'client' || !this.#isInitial || this.#token.length > 0) return;
    if (packet.token.length === 0) return;
    // A copy: the packet is a view of a datagram.
    this.#token = packet.token.slice();
    this.#attempts = 0;
    this.#dueAt = now;
  }

  /** A first Initial, or a copy of it: then our answer was lost. False when it is not valid. */
  onInitial(now: number, packet: InitialPacket): boolean {
    if (this.#message !== undefined) {
      this.#dueAt = now;
      return true;
    }
    return this.#read(now, packet.message, this.#serverId);
  }

  /** The peer's next message. False when it is not valid; nothing has changed then. */
  onHandshake(now: number, packet: HandshakePacket): boolean {
    if (this.result !== undefined) {
      if (this.#side === 'client' && this.#message !== undefined) this.#dueAt = now;
      return true;
    }
    const isUnambiguous = this.#side === 'client' && this.#attempts === 1;
    const serverId = this.#side === 'client' ? packet.source.slice() : this.#serverId;
    if (!this.#read(now, packet.message, serverId)) return false;
    if (isUnambiguous) this.rttSample = now - this.#sentAt;
    return true;
  }

  /** A packet under the new keys has come: the peer has all it needs from us. */
  confirm(): void {
    if (this.#side === 'client') this.#dueAt = Number.POSITIVE_INFINITY;
  }

  /** "Nobody listens": returns whether a client has heard it often enough to believe it. */
  onUnreachable(): boolean {
    return this.#side === 'client' && ++this.#unreachables >= this.#config.maxUnreachables;
  }

  /** Writes the packet that is due, if one is. */
  pollTransmit(now: number, writer: ByteWriter): boolean {
    if (now < this.#dueAt || this.#message === undefined) return false;
    this.#attempts++;
    this.#sentAt = now;
    this.#dueAt = this.#side === 'client' ? now + this.#interval : Number.POSITIVE_INFINITY;
    const client = this.#side === 'client';
    const base = {
      form: 'long',
      version: this.#version,
      destination: client ? this.#serverId : this.#clientId,
      source: client ? this.#clientId : this.#serverId,
      message: this.#message,
    } as const;
    if (this.#isInitial) writeLongPacket(writer, { ...base, type: 'initial', token: this.#token });
    else writeLongPacket(writer, { ...base, type: 'handshake' });
    return true;
  }

  get #interval(): number {
    const { ptoLinearExpiries, ptoBackoff, handshakeRepeatMax } = this.#config;
    const grown = Math.max(0, this.#attempts - ptoLinearExpiries);
    return Math.min(this.#timeout * ptoBackoff ** grown, handshakeRepeatMax);
  }

  #read(now: number, message: Uint8Array, serverId: Uint8Array): boolean {
    const ids = { client: this.#clientId, server: serverId };
    const step = this.#handshake.read(message.slice(), ids);
    if (step === undefined) return false;
    if (step.isRefused) this.isRefused = true;
    this.#serverId = serverId;
    this.result = step.result;
    this.#isInitial = false;
    this.#message = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (step.reply !== undefined) this.#say(now, step.reply);
    return true;
  }

  #say(now: number, message: Uint8Array): void {
    this.#message = message;
    this.#attempts = 0;
    this.#dueAt = now;
  }
}
