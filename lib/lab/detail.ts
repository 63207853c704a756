import type { SenderSample } from './experiment.ts';
import type { PacketRecord } from './recorder.ts';

/** Events kept of each of the two runs of a cell: what a plot can show and a page can hold. */
const MAX_PACKETS = 400;
const MAX_SAMPLES = 200;

/**
 * A datagram in few characters: time (ms), direction (0 from the client, 1 from the server), 0 sent
 * or 1 received, packet number, fate, the client's messages with their transmissions, and the
 * largest number acknowledged (-1: none).
 */
export type PackedPacket = readonly [
  at: number,
  direction: 0 | 1,
  event: 0 | 1,
  number: number,
  fate: string,
  messages: readonly (readonly [id: number, transmission: number])[],
  largestAcked: number,
];

/** Time, srtt, rto (ms), congestion window, in flight (bytes). */
export type PackedSample = readonly [number, number, number, number, number];

/** The beginning of a cell's runs, packet by packet. */
export interface RunDetail {
  readonly bulk: readonly PackedPacket[];
  readonly samples: readonly PackedSample[];
  readonly chat: readonly PackedPacket[];
}

/** Keeps the beginning of a bulk run, and then of a chat run. */
export class DetailRecorder {
  readonly #bulk: PackedPacket[] = [];
  readonly #samples: PackedSample[] = [];
  readonly #chat: PackedPacket[] = [];
  #current = this.#bulk;

  get detail(): RunDetail {
    return { bulk: this.#bulk, samples: this.#samples, chat: this.#chat };
  }

  get isWanting(): boolean {
    return this.#current.length < MAX_PACKETS;
  }

  beginChat(): void {
    this.#current = this.#chat;
  }

  record(record: PacketRecord): void {
    // What comes before the connection stands has no number, and is no part of the story.
    if (!this.isWanting || record.number < 0) return;
    const { at, from, event, number, fate = '', messages, acks } = record;
    this.#current.push([
      Math.round(at * 1000) / 1000,
      from === 'client' ? 0 : 1,
      event === 'sent' ? 0 : 1,
      number,
      fate === 'passed' ? '' : fate,
      messages.map(({ id, transmission }) => [id, transmission] as const),
      (acks[0]?.[1] ?? 0) - 1,
    ]);
  }

  sample({ at, srtt, rto, cwnd, inFlight }: SenderSample): void {
    if (this.#current !== this.#bulk || this.#samples.length >= MAX_SAMPLES) return;
    const round = (value: number): number => Math.round(value * 100) / 100;
    this.#samples.push([at, round(srtt), round(rto), Math.round(cwnd), inFlight]);
  }
}
