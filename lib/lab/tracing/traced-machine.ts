import {
  type Address,
  canonicalAddress,
  type Machine,
  type Transmit,
} from '../../transport/machine.ts';
import type { ConnectionStats } from '../../transport/stats.ts';
import { isLong } from '../../wire/packet-codec.ts';
import { type PacketView, readFrames, viewPacket } from '../packet-view.ts';
import { METRICS_INTERVAL } from './config.ts';
import type { PacketEvent, TraceEvent, Vantage } from './event.ts';
import type { PacketTap } from './packet-tap.ts';

export interface TracedMachineOptions {
  readonly vantage: Vantage;
  /** Has seen the packets in the clear. */
  readonly tap: PacketTap;
  /** When the trace began, in the clock of `now`. */
  readonly since: number;
  /** Our own address, as a peer sees it. */
  readonly local: (peer: Address) => Address;
  readonly take: (event: TraceEvent) => void;
  /** The figures of the connection, where there is but one; undefined while there is none. */
  readonly stats?: ((now: number) => ConnectionStats | undefined) | undefined;
}

/**
 * A machine that writes down what it sends and gets, and is otherwise the same. A bad network
 * belongs around it: then the trace has what this end sent, lost or not, and what reached it.
 */
export class TracedMachine implements Machine {
  readonly #machine: Machine;
  readonly #options: TracedMachineOptions;
  #sampledAt = Number.NEGATIVE_INFINITY;

  constructor(machine: Machine, options: TracedMachineOptions) {
    this.#machine = machine;
    this.#options = options;
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    // A packet is opened in place, and then these are no longer the bytes that came.
    const copy = bytes.slice();
    this.#options.tap.take();
    this.#machine.handleDatagram(now, from, bytes);
    // A socket of both families says ::ffff:192.0.2.1 where we answer to 192.0.2.1.
    const { address, port } = canonicalAddress(from);
    const peer = { address, port };
    this.#packet(now, { event: 'received', from: peer, to: this.#options.local(peer) }, copy);
  }

  handleTimeout(now: number): void {
    this.#machine.handleTimeout(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    this.#options.tap.take();
    const transmit = this.#machine.pollTransmit(now);
    if (transmit === undefined) return undefined;
    const { to, bytes } = transmit;
    this.#packet(now, { event: 'sent', from: this.#options.local(to), to }, bytes);
    return transmit;
  }

  nextTimeout(): number {
    return this.#machine.nextTimeout();
  }

  #packet(now: number, way: Pick<PacketEvent, 'event' | 'from' | 'to'>, bytes: Uint8Array): void {
    const { vantage, take, since } = this.#options;
    take({ type: 'packet', at: now - since, vantage, ...way, bytes, view: this.#view(bytes) });
    if (now >= this.#sampledAt + METRICS_INTERVAL) this.#sample(now);
  }

  #view(bytes: Uint8Array): PacketView {
    const open = this.#options.tap.take();
    if (isLong(bytes)) return viewPacket(bytes, -1);
    if (open === undefined) return { number: -1, type: 'sealed', frames: [] };
    return { number: open.number, type: 'short', frames: readFrames(open.payload) };
  }

  #sample(now: number): void {
    const stats = this.#options.stats?.(now);
    if (stats === undefined) return;
    this.#sampledAt = now;
    const { srtt, rto, cwnd, bytesInFlight: inFlight } = stats;
    this.#options.take({
      type: 'metrics',
      at: now - this.#options.since,
      srtt,
      rto,
      cwnd,
      inFlight,
    });
  }
}
