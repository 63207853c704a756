import type { OutgoingMessage, Piece } from './outgoing-message.ts';

/** Messages that a trace remembers: two screens of lines and all that goes with them. */
const TRACE_MESSAGES = 256;
/** Steps kept of one message; a long one in many pieces has more, and its end is cut. */
const TRACE_STEPS = 64;

/** A packet as an observer sees it. */
export interface ObservedPacket {
  readonly number: number;
  /** Of messages; undefined: none. */
  readonly pieces: readonly Piece[] | undefined;
}

/** Looks on while packets with messages in them come and go; changes nothing. Times in ms. */
export interface PacketObserver {
  onSent(now: number, packet: ObservedPacket): void;
  onAcked(now: number, packet: ObservedPacket): void;
  onLost(now: number, packet: ObservedPacket): void;
}

/** One thing that happened to a message on its way. */
export interface TraceStep {
  /** ms, in the clock of `now`. */
  readonly at: number;
  /**
   * `copied`: sent once more although nothing said that it was lost; `resent`: after it was taken
   * for lost; `lost`: taken for lost, which may be wrong; `acked`: the peer has it.
   */
  readonly what: 'sent' | 'copied' | 'resent' | 'lost' | 'acked';
  /** Number of the packet. */
  readonly packet: number;
  /** Bytes of the message in it. */
  readonly bytes: number;
}

interface Entry {
  readonly steps: TraceStep[];
  /** Transmissions, and those of them that were taken for lost. */
  sent: number;
  lost: number;
  resent: number;
}

/** A ring of the newest messages and what became of each of their packets. */
export class MessageTrace implements PacketObserver {
  readonly #entries = new Map<OutgoingMessage, Entry>();

  onSent(now: number, packet: ObservedPacket): void {
    for (const [message, bytes] of piecesOf(packet)) {
      const entry = this.#entry(message);
      const isFirst = entry.sent === 0 || message.fragmented;
      const what = isFirst ? 'sent' : entry.lost > entry.resent ? 'resent' : 'copied';
      entry.sent++;
      if (what === 'resent') entry.resent++;
      note(entry, { at: now, what, packet: packet.number, bytes });
    }
  }

  onAcked(now: number, packet: ObservedPacket): void {
    for (const [message, bytes] of piecesOf(packet)) {
      const entry = this.#entries.get(message);
      if (entry !== undefined) {
        note(entry, { at: now, what: 'acked', packet: packet.number, bytes });
      }
    }
  }

  onLost(now: number, packet: ObservedPacket): void {
    for (const [message, bytes] of piecesOf(packet)) {
      const entry = this.#entries.get(message);
      if (entry === undefined) continue;
      entry.lost++;
      note(entry, { at: now, what: 'lost', packet: packet.number, bytes });
    }
  }

  /** The steps of the newest message whose bytes `matches`; undefined: none is remembered. */
  find(matches: (bytes: Uint8Array) => boolean): readonly TraceStep[] | undefined {
    const found = [...this.#entries].reverse().find(([message]) => matches(message.bytes));
    return found?.[1].steps;
  }

  #entry(message: OutgoingMessage): Entry {
    let entry = this.#entries.get(message);
    if (entry === undefined) {
      entry = { steps: [], sent: 0, lost: 0, resent: 0 };
      this.#entries.set(message, entry);
      const [oldest] = this.#entries.keys();
      if (this.#entries.size > TRACE_MESSAGES && oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }
}

function note(entry: Entry, step: TraceStep): void {
  if (entry.steps.length < TRACE_STEPS) entry.steps.push(step);
}

/** The messages in a packet, and how many bytes of each. */
function* piecesOf({ pieces }: ObservedPacket): Generator<[OutgoingMessage, number]> {
  for (const { message, length } of pieces ?? []) yield [message, length];
}
