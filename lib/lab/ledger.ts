import { ChannelKind, isOrdered, isReliable } from '../transport/channel.ts';
import { InvariantError } from './connection-checker.ts';

/** What one side has sent on one channel and the other has not got yet. */
interface Column {
  readonly waiting: Uint8Array[];
  received: number;
}

/**
 * Compares what applications send with what the others get: invariants 1 (exactly once), 2 (in
 * order), and with them 12 and 13 (what the network repeats or damages is never seen).
 */
export class Ledger {
  readonly #columns = new Map<string, Column>();
  #sent = 0;
  #received = 0;

  get sent(): number {
    return this.#sent;
  }

  get received(): number {
    return this.#received;
  }

  /** Messages on reliable channels that have not arrived. */
  get missing(): number {
    let missing = 0;
    for (const [key, { waiting }] of this.#columns) {
      const channel = channelOf(key);
      if (isReliable(channel) && !mayHaveGaps(channel)) missing += waiting.length;
    }
    return missing;
  }

  /** `bytes` must not change afterwards. `route` names the connection and its direction. */
  send(route: string, channel: number, bytes: Uint8Array): void {
    this.#sent++;
    this.#column(route, channel).waiting.push(bytes);
  }

  receive(route: string, channel: number, bytes: Uint8Array): void {
    this.#received++;
    const column = this.#column(route, channel);
    const index = column.waiting.findIndex((sent) => equal(sent, bytes));
    const what = `${route}, channel ${channel}, message ${column.received} of ${bytes.length} B`;
    if (index < 0) throw new InvariantError(1, `${what}: was not sent, or came before`);
    if (index > 0 && isOrdered(channel)) {
      if (!mayHaveGaps(channel)) {
        throw new InvariantError(2, `${what}: overtook ${index} others`);
      }
      // What was overtaken was given up, and must not come any more.
      column.waiting.splice(0, index + 1);
    } else column.waiting.splice(index, 1);
    column.received++;
  }

  /** Forgets a connection that ended: what was on its way may or may not have arrived. */
  forget(route: string): void {
    for (const key of this.#columns.keys()) {
      if (key.startsWith(`${route}#`)) this.#columns.delete(key);
    }
  }

  #column(route: string, channel: number): Column {
    const key = `${route}#${channel}`;
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = { waiting: [], received: 0 };
      this.#columns.set(key, column);
    }
    return column;
  }
}

function channelOf(key: string): number {
  return Number(key.slice(key.lastIndexOf('#') + 1));
}

function mayHaveGaps(channel: number): boolean {
  return channel % 4 === ChannelKind.orderedPartial;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
