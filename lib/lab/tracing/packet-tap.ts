import type {
  Handshake,
  HandshakeIds,
  HandshakeProvider,
  HandshakeStep,
  PacketProtection,
} from '../../crypto/protection.ts';
import { formatKeys } from './key-log.ts';

/** A packet in the clear. */
export interface OpenPacket {
  readonly number: number;
  readonly payload: Uint8Array;
}

/**
 * Sits between packets and their keys and remembers what the last packet said, for a trace. With
 * `logKeys` it also tells the keys, a line each: whoever has them can read everything.
 */
export class PacketTap {
  readonly #logKeys: ((line: string) => void) | undefined;
  #last: OpenPacket | undefined;

  constructor(options: { logKeys?: ((line: string) => void) | undefined } = {}) {
    this.#logKeys = options.logKeys;
  }

  /** The packet that was sealed or opened since the last call, if there was one. */
  take(): OpenPacket | undefined {
    const last = this.#last;
    this.#last = undefined;
    return last;
  }

  /** The same handshakes, watched. */
  watch(provider: HandshakeProvider): HandshakeProvider {
    return {
      name: provider.name,
      version: provider.version,
      initiate: (parameters) => this.#handshake(provider.initiate(parameters), true),
      respond: (parameters) => this.#handshake(provider.respond(parameters), false),
    };
  }

  #handshake(handshake: Handshake, isClient: boolean): Handshake {
    return {
      start: (ids) => handshake.start(ids),
      read: (message, ids): HandshakeStep | undefined => {
        const step = handshake.read(message, ids);
        if (step?.result === undefined) return step;
        const { protection } = step.result;
        const watched = this.#protection(protection, { ids: copyOf(ids), isClient, phase: 0 });
        return { ...step, result: { ...step.result, protection: watched } };
      },
    };
  }

  #protection(inner: PacketProtection, whose: KeyOwner): PacketProtection {
    const keys = inner.exportKeys?.();
    if (keys !== undefined && this.#logKeys !== undefined) {
      for (const line of formatKeys(keys, whose)) this.#logKeys(line);
    }
    const next = inner.next?.bind(inner);
    return {
      tagLength: inner.tagLength,
      seal: (packet, headerLength, end, number): void => {
        this.#last = { number, payload: packet.slice(headerLength, end) };
        inner.seal(packet, headerLength, end, number);
      },
      open: (packet, headerLength, number): Uint8Array | undefined => {
        const payload = inner.open(packet, headerLength, number);
        if (payload !== undefined) this.#last = { number, payload };
        return payload;
      },
      ...(next !== undefined && {
        next: () => this.#protection(next(), { ...whose, phase: whose.phase + 1 }),
      }),
    };
  }
}

/** Whose keys they are, and how often they were changed before. */
export interface KeyOwner {
  readonly ids: HandshakeIds;
  readonly isClient: boolean;
  readonly phase: number;
}

function copyOf({ client, server }: HandshakeIds): HandshakeIds {
  return { client: client.slice(), server: server.slice() };
}
