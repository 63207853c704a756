import type { ByteWriter } from '../base/byte-writer.ts';
import type { Handshake, HandshakeIds, HandshakeResult } from '../crypto/protection.ts';
import type { HandshakePacket, InitialPacket, RetryPacket } from '../wire/packet.ts';
import { writeLongPacket } from '../wire/packet-codec.ts';
import type { TransportConfig } from './config.ts';

const NO_ID = new Uint8Array(0);

/** A first message that a server has got, and how it goes on from there. */
interface Beginning {
  readonly question: Uint8Array;
  readonly handshake: Handshake;
  readonly answer: Uint8Array | undefined;
}

/**
 * Carries the messages of a handshake over loss (spec/protocol section 3). The client repeats its
 * newest message until it sees that the server has it; the server only ever answers. Whoever reads
 * along could answer first, or ask in the client's name: so nothing that is not proven ends a
 * handshake or takes the place of what may be right.
 */
export class Handshaker {
  readonly #config: TransportConfig;
  readonly #makeHandshake: () => Handshake;
  /** The client's. */
  readonly #handshake: Handshake | undefined;
  /** The server's, the newest last: only message 3 tells which is the client's. */
  #beginnings: Beginning[] = [];
  readonly #version: number;
  readonly #side: 'client' | 'server';
  readonly #timeout: number;
  readonly #clientId: Uint8Array;
  #serverId: Uint8Array;
  /** The newest tokens, one of which is tried each time. */
  readonly #tokens: Uint8Array[] = [];
  #retries = 0;
  #message: Uint8Array | undefined;
  #isInitial: boolean;
  #attempts = 0;
  #sent = 0;
  /** Tries that were answered with other versions, and with keys that we do not accept. */
  readonly #versionAnswers = new Set<number>();
  readonly #refusals = new Set<number>();
  #unreachables = 0;
  #sentAt = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  readonly deadline: number;
  result: HandshakeResult | undefined;
  /** Time from our only Initial to its answer, ms: a first RTT sample, if unambiguous. */
  rttSample: number | undefined;

  constructor(options: {
    now: number;
    config: TransportConfig;
    makeHandshake: () => Handshake;
    /** Of the protocol, as long packets carry it. */
    version: number;
    side: 'client' | 'server';
    ids: HandshakeIds;
    initialRtt: number;
  }) {
    const { now, config, makeHandshake, version, side, ids, initialRtt } = options;
    this.#config = config;
    this.#makeHandshake = makeHandshake;
    this.#version = version;
    this.#side = side;
    this.#clientId = ids.client;
    this.#serverId = ids.server;
    // RFC 9002 section 6.2.2: three initial RTTs before the first repetition.
    this.#timeout = 3 * initialRtt;
    this.deadline = now + config.handshakeTimeout;
    this.#isInitial = side === 'client';
    if (side === 'server') return;
    this.#handshake = makeHandshake();
    this.#say(now, this.#handshake.start(ids));
  }

  get serverId(): Uint8Array {
    return this.#serverId;
  }

  /** Whether the server has another key than we accept: several tries were answered so. */
  get isRefused(): boolean {
    return this.#refusals.size >= this.#config.maxUnreachables;
  }

  get nextTimeout(): number {
    return this.#dueAt;
  }

  /**
   * The server wants our address proven: again, at once, with the token. More of them may come,
   * and any but one be forged: then the newest take turns.
   */
  onRetry(now: number, { token }: RetryPacket): void {
    if (this.#side !== 'client' || !this.#isInitial || token.length === 0) return;
    const tokens = this.#tokens;
    if (tokens.some((known) => isSame(known, token))) return;
    if (tokens.length === 0) {
      this.#attempts = 0;
      this.#dueAt = now;
    } else {
      this.#dueAt = Math.min(this.#dueAt, this.#sentAt + this.#config.retryInterval);
    }
    // A copy: the packet is a view of a datagram.
    tokens[this.#retries++ % this.#config.maxRetries] = token.slice();
  }

  /** A first Initial, or a copy of it: then our answer was lost. False when it is not valid. */
  onInitial(now: number, packet: InitialPacket): boolean {
    const { message } = packet;
    const known = this.#beginnings.find(({ question }) => isSame(question, message));
    if (known !== undefined || this.result !== undefined) {
      this.#message = known?.answer ?? this.#message;
      if (this.#message === undefined) return false;
      this.#dueAt = now;
      return true;
    }
    const handshake = this.#makeHandshake();
    const question = message.slice();
    if (!this.#read(now, { handshake, message: question, serverId: this.#serverId })) return false;
    this.#beginnings.push({ question, handshake, answer: this.#message });
    if (this.#beginnings.length > this.#config.maxBeginnings) this.#beginnings.shift();
    return true;
  }

  /**
   * The server speaks other versions. Returns whether that is to be believed: it answered several
   * tries so, and the right answer to none of them has come.
   */
  onVersions(): boolean {
    if (this.#side !== 'client' || !this.#isInitial || this.#retries > 0) return false;
    this.#versionAnswers.add(this.#sent);
    return this.#versionAnswers.size >= this.#config.maxUnreachables;
  }

  /** The peer's next message. False when it is not valid; nothing has changed then. */
  onHandshake(now: number, packet: HandshakePacket): boolean {
    if (this.result !== undefined) {
      if (this.#side === 'client' && this.#message !== undefined) this.#dueAt = now;
      return true;
    }
    const isUnambiguous = this.#side === 'client' && this.#attempts === 1;
    const serverId = this.#side === 'client' ? packet.source.slice() : this.#serverId;
    if (!this.#readAny(now, packet.message, serverId)) return false;
    if (isUnambiguous) this.rttSample = now - this.#sentAt;
    return true;
  }

  /** "Nobody listens": returns whether a client has heard it often enough to believe it. */
  onUnreachable(): boolean {
    return this.#side === 'client' && ++this.#unreachables >= this.#config.maxUnreachables;
  }

  /** Writes the packet that is due, if one is. */
  pollTransmit(now: number, writer: ByteWriter): boolean {
    if (now < this.#dueAt || this.#message === undefined) return false;
    this.#attempts++;
    this.#sent++;
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
    if (this.#isInitial) {
      const token = this.#tokens[this.#sent % this.#tokens.length] ?? NO_ID;
      writeLongPacket(writer, { ...base, type: 'initial', token });
    } else writeLongPacket(writer, { ...base, type: 'handshake' });
    return true;
  }

  get #interval(): number {
    const { ptoLinearExpiries, ptoBackoff, handshakeRepeatMax } = this.#config;
    const grown = Math.max(0, this.#attempts - ptoLinearExpiries);
    return Math.min(this.#timeout * ptoBackoff ** grown, handshakeRepeatMax);
  }

  /** A message goes on from where it fits. */
  #readAny(now: number, message: Uint8Array, serverId: Uint8Array): boolean {
    if (this.#handshake !== undefined) {
      return this.#read(now, { handshake: this.#handshake, message, serverId });
    }
    const fits = this.#beginnings.some(({ handshake }) =>
      this.#read(now, { handshake, message, serverId }),
    );
    if (fits) this.#beginnings = [];
    return fits;
  }

  #read(
    now: number,
    what: { handshake: Handshake; message: Uint8Array; serverId: Uint8Array },
  ): boolean {
    const { handshake, message, serverId } = what;
    const ids = { client: this.#clientId, server: serverId };
    // A copy: reading may write into it.
    const step = handshake.read(message.slice(), ids);
    if (step === undefined) return false;
    if (step.isRefused) {
      this.#refusals.add(this.#sent);
      return true;
    }
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

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
