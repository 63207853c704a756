import type { Address, Machine, Transmit } from '../transport/machine.ts';

/**
 * Stands in for a machine that is still being made: what comes meanwhile is lost, as on a bad
 * network, and will be sent again. So a port can be taken before anything else is touched.
 */
export class LateMachine implements Machine {
  #machine: Machine | undefined;

  /** From now on this is `machine`. */
  become(machine: Machine): void {
    this.#machine = machine;
  }

  handleDatagram(now: number, from: Address, bytes: Uint8Array): void {
    this.#machine?.handleDatagram(now, from, bytes);
  }

  handleTimeout(now: number): void {
    this.#machine?.handleTimeout(now);
  }

  pollTransmit(now: number): Transmit | undefined {
    return this.#machine?.pollTransmit(now);
  }

  nextTimeout(): number {
    return this.#machine?.nextTimeout() ?? Infinity;
  }
}
