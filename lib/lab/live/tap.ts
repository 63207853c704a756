import {
  type Address,
  canonicalAddress,
  type Machine,
  type Transmit,
} from '../../transport/machine.ts';
import { viewPacket } from '../packet-view.ts';
import { acksOf, messageIds, type PacketRecord } from '../recorder.ts';
import { LIVE_TRACE_BYTES_MAX } from '../tracing/config.ts';

/** Packets of one end that are written down: minutes of chat, and the beginning of a bulk run. */
const MAX_RECORDS = 10_000;

/** A packet that one end sent or received. */
export interface TapRecord {
  readonly at: number;
  readonly isSent: boolean;
  readonly number: number;
  readonly type: string;
  readonly size: number;
  /** Messages of channel 0 in it. */
  readonly ids: readonly number[];
  readonly acks: PacketRecord['acks'];
  /** For a trace: all of it, and the other end as this one knows it. */
  readonly datagram?: { readonly bytes: Uint8Array; readonly peer: Address };
}

/** What one end wrote down. */
export interface TapRecords {
  readonly records: readonly TapRecord[];
  /** Whether there was more than is kept. */
  readonly isCut: boolean;
}

export const NO_RECORDS: TapRecords = { records: [], isCut: false };

/** Looks at the plaintext datagrams between a machine and its network, and changes nothing. */
export class Tap implements Machine, TapRecords {
  readonly records: TapRecord[] = [];
  isCut = false;
  readonly #machine: Machine;
  readonly #keepsBytes: boolean;
  #bytes = 0;
  /** From the machine's clock to the one that is written down, ms. */
  readonly #offset: number;
  readonly #largest = { sent: -1, received: -1 };

  constructor(machine: Machine, options: { offset: number; keepsBytes: boolean }) {
    this.#machine = machine;
    this.#offset = options.offset;
    this.#keepsBytes = options.keepsBytes;
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    this.#note(now, 'received', { bytes, peer: from });
    this.#machine.handleDatagram(now, from, bytes);
  }

  handleTimeout(now: number): void {
    this.#machine.handleTimeout(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    const transmit = this.#machine.pollTransmit(now);
    if (transmit !== undefined) {
      this.#note(now, 'sent', { bytes: transmit.bytes, peer: transmit.to });
    }
    return transmit;
  }

  nextTimeout(): number {
    return this.#machine.nextTimeout();
  }

  #note(
    now: number,
    way: 'sent' | 'received',
    { bytes, peer }: { bytes: Uint8Array; peer: Address },
  ): void {
    this.#bytes += bytes.length;
    this.isCut ||= this.#keepsBytes
      ? this.#bytes > LIVE_TRACE_BYTES_MAX
      : this.records.length >= MAX_RECORDS;
    if (this.isCut) return;
    const { number, type, frames } = viewPacket(bytes, this.#largest[way]);
    this.#largest[way] = Math.max(this.#largest[way], number);
    this.records.push({
      at: now + this.#offset,
      isSent: way === 'sent',
      number,
      type,
      size: bytes.length,
      ids: messageIds(frames),
      acks: acksOf(frames),
      ...(this.#keepsBytes && {
        datagram: { bytes: bytes.slice(), peer: canonicalAddress(peer) },
      }),
    });
  }
}

/** A packet of one end, in the story of both. */
export interface MergedPacket {
  readonly record: PacketRecord;
  readonly tap: TapRecord;
}

/**
 * One story from what both ends saw, in the order of time: what was sent and never seen at the
 * other end was lost, unless it was still on its way, behind all that was seen. `began` becomes the
 * moment 0.
 */
export function mergeTaps(
  client: readonly TapRecord[],
  server: readonly TapRecord[],
  began: number,
): MergedPacket[] {
  const transmissions = new Map<number, number>();
  const messagesOf = new Map<number, PacketRecord['messages']>();
  for (const { isSent, number, ids } of client) {
    if (!isSent || number < 0) continue;
    const messages = ids.map((id) => {
      const transmission = transmissions.get(id) ?? 0;
      transmissions.set(id, transmission + 1);
      return { id, transmission };
    });
    messagesOf.set(number, messages);
  }
  const arrived = {
    client: new Set(server.filter(({ isSent }) => !isSent).map(({ number }) => number)),
    server: new Set(client.filter(({ isSent }) => !isSent).map(({ number }) => number)),
  };
  const newest = { client: largest(arrived.client), server: largest(arrived.server) };
  const told = (records: readonly TapRecord[], self: 'client' | 'server'): MergedPacket[] =>
    records.map((tap) => {
      const { at, isSent, number, type, size, acks } = tap;
      const other = self === 'client' ? 'server' : 'client';
      const from = isSent ? self : other;
      const messages = from === 'client' ? (messagesOf.get(number) ?? []) : [];
      const base = { at: at - began, from, number, type, size, messages, acks } as const;
      if (!isSent) return { tap, record: { ...base, event: 'received' } };
      const isLost = number >= 0 && number < newest[from] && !arrived[from].has(number);
      return { tap, record: { ...base, event: 'sent', fate: isLost ? 'lost' : 'passed' } };
    });
  const all = [...told(client, 'client'), ...told(server, 'server')];
  return all.sort((a, b) => a.record.at - b.record.at);
}

function largest(numbers: Iterable<number>): number {
  let most = -1;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}
