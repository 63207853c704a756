import { SeededRandom } from '../base/random.ts';
import { type Address, formatAddress, type Machine, type Transmit } from '../transport/machine.ts';
import { Emulator } from './emulator.ts';
import type { Impairment } from './impairment.ts';

/** Peers that get a link of their own; what goes to and from any more is not impaired. */
const MAX_LINKS = 4096;

/** The two directions to one peer. */
interface Link {
  readonly peer: Address;
  readonly outbound: Emulator;
  readonly inbound: Emulator;
}

/**
 * A bad network between a machine and its socket, both ways, one link to each peer. Seeded: the
 * same datagrams at the same times meet the same fate.
 */
export class ImpairedMachine implements Machine {
  readonly #machine: Machine;
  #impairment: Impairment;
  readonly #random: SeededRandom;
  readonly #links = new Map<string, Link>();

  constructor(machine: Machine, options: { impairment: Impairment; seed: number }) {
    this.#machine = machine;
    this.#impairment = options.impairment;
    this.#random = new SeededRandom(options.seed);
  }

  /**
   * Other weather from now on; what is in the links keeps its fate. A perfect network is none: it
   * costs nothing where there was no bad one before.
   */
  change(impairment: Impairment): void {
    this.#impairment = impairment;
    for (const { outbound, inbound } of this.#links.values()) {
      outbound.change(impairment);
      inbound.change(impairment);
    }
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    const link = this.#link(from);
    if (link === undefined) this.#machine.handleDatagram(now, from, bytes);
    else link.inbound.offer(now, bytes);
    this.#arrive(now);
  }

  handleTimeout(now: number): void {
    this.#arrive(now);
    if (this.#machine.nextTimeout() <= now) this.#machine.handleTimeout(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    let sent = this.#machine.pollTransmit(now);
    for (; sent !== undefined; sent = this.#machine.pollTransmit(now)) {
      const link = this.#link(sent.to);
      if (link === undefined) return sent;
      link.outbound.offer(now, sent.bytes);
    }
    for (const { peer, outbound } of this.#links.values()) {
      const bytes = outbound.poll(now);
      if (bytes !== undefined) return { to: peer, bytes };
    }
    return undefined;
  }

  nextTimeout(): number {
    let next = this.#machine.nextTimeout();
    for (const { outbound, inbound } of this.#links.values()) {
      next = Math.min(next, outbound.nextTimeout(), inbound.nextTimeout());
    }
    return next;
  }

  #arrive(now: number): void {
    for (const { peer, inbound } of this.#links.values()) {
      for (let bytes = inbound.poll(now); bytes !== undefined; bytes = inbound.poll(now)) {
        this.#machine.handleDatagram(now, peer, bytes);
      }
    }
  }

  #link(peer: Address): Link | undefined {
    const impairment = this.#impairment;
    const isPerfect = Object.keys(impairment).length === 0;
    if (isPerfect && this.#links.size === 0) return undefined;
    const key = formatAddress(peer);
    let link = this.#links.get(key);
    if (link === undefined && !isPerfect && this.#links.size < MAX_LINKS) {
      link = {
        peer: { address: peer.address, port: peer.port },
        outbound: new Emulator({ impairment, random: this.#random.fork() }),
        inbound: new Emulator({ impairment, random: this.#random.fork() }),
      };
      this.#links.set(key, link);
    }
    return link;
  }
}
