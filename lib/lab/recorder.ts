import type { Frame } from '../wire/frame.ts';
import type { Datagram, DatagramFate, Observer } from './checker.ts';
import { viewPacket } from './packet-view.ts';
import type { WorldNode, WorldView } from './world.ts';

/** One datagram on its way. Times in ms of virtual time. */
export interface PacketRecord {
  readonly at: number;
  /** Sent by this end, or arrived at the other. */
  readonly event: 'sent' | 'received';
  readonly from: 'client' | 'server';
  /** The packet's number; -1 for the packets of the handshake. */
  readonly number: number;
  readonly type: string;
  readonly size: number;
  /** Messages of the client's channel in it, each with its transmission: 0 the first. */
  readonly messages: readonly { readonly id: number; readonly transmission: number }[];
  /** Ranges acknowledged in it, half-open, newest first. */
  readonly acks: readonly (readonly [number, number])[];
  /** What the link did to it; for `sent` only. */
  readonly fate?: DatagramFate;
}

/** Writes down what passes between a client and a server of an experiment, in plaintext. */
export class Recorder implements Observer {
  readonly #take: (record: PacketRecord, datagram: Datagram) => void;
  readonly #now: () => number;
  readonly #largest = { client: -1, server: -1 };
  readonly #transmissions = new Map<number, number>();
  /** By packet number: when it arrives it says what it said when it left. */
  readonly #sentMessages = new Map<number, PacketRecord['messages']>();

  constructor(options: {
    now: () => number;
    take: (record: PacketRecord, datagram: Datagram) => void;
  }) {
    this.#now = options.now;
    this.#take = options.take;
  }

  sent(_world: WorldView, datagram: Datagram): void {
    const { from, bytes, fate } = datagram;
    const side = sideOf(from);
    const { number, type, frames } = viewPacket(bytes, this.#largest[side]);
    this.#largest[side] = Math.max(this.#largest[side], number);
    const messages = side === 'client' ? this.#count(frames) : [];
    if (messages.length > 0) this.#sentMessages.set(number, messages);
    const base = { at: this.#now(), from: side, number, type, size: bytes.length };
    const record = { ...base, event: 'sent', messages, acks: acksOf(frames) } as const;
    this.#take(fate === undefined ? record : { ...record, fate }, datagram);
  }

  received(_world: WorldView, datagram: Datagram): void {
    const { from, bytes } = datagram;
    const side = sideOf(from);
    const { number, type, frames } = viewPacket(bytes, this.#largest[side]);
    const messages = side === 'client' ? (this.#sentMessages.get(number) ?? []) : [];
    const base = { at: this.#now(), from: side, number, type, size: bytes.length };
    this.#take({ ...base, event: 'received', messages, acks: acksOf(frames) }, datagram);
  }

  /** The transmission that the next one of a message will be. */
  nextTransmission(id: number): number {
    return this.#transmissions.get(id) ?? 0;
  }

  #count(frames: readonly Frame[]): PacketRecord['messages'] {
    return messageIds(frames).map((id) => {
      const transmission = this.nextTransmission(id);
      this.#transmissions.set(id, transmission + 1);
      return { id, transmission };
    });
  }
}

/** Ids of the messages of channel 0 in a packet. */
export function messageIds(frames: readonly Frame[]): number[] {
  return frames.flatMap((frame) =>
    frame.type === 'message' && frame.channel === 0 ? [frame.id] : [],
  );
}

/** Ranges acknowledged in a packet. */
export function acksOf(frames: readonly Frame[]): PacketRecord['acks'] {
  return frames.flatMap((frame) =>
    frame.type === 'ack' ? frame.ranges.map(({ start, end }) => [start, end] as const) : [],
  );
}

function sideOf({ name }: WorldNode): 'client' | 'server' {
  return name === 'client' ? 'client' : 'server';
}
