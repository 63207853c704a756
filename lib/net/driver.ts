import { performance } from 'node:perf_hooks';
import type { Address, Machine } from '../transport/machine.ts';
import { type BindOptions, UdpSocket } from './udp-socket.ts';

/** Datagrams sent before the loop gets to read again: what libuv reads at most in one go. */
const SENDS_PER_TURN = 32;

/** setTimeout's longest, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What a driver tells whoever owns the machine. */
export interface DriverOwner {
  /** Something may have happened: poll the machine's events, give it commands. */
  onTurn(now: number): void;
  /** A hint that nobody listens at the remote address. */
  onUnreachable?(now: number): void;
  /** The socket failed for good; the driver has stopped. */
  onError(error: Error): void;
}

/**
 * Runs a machine on a UDP socket. It reads the clock, hands in what came, sends what is due and
 * arms one timer; it decides nothing.
 */
export class Driver {
  readonly #machine: Machine;
  readonly #owner: DriverOwner;
  #socket: UdpSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #turn: NodeJS.Immediate | undefined;
  #isClosed = false;

  private constructor(machine: Machine, owner: DriverOwner) {
    this.#machine = machine;
    this.#owner = owner;
  }

  /** Listens at an address. Rejects with the system's error if that cannot be done. */
  static async bind(machine: Machine, owner: DriverOwner, options: BindOptions): Promise<Driver> {
    const driver = new Driver(machine, owner);
    driver.#socket = await UdpSocket.bind(options, driver.#events);
    driver.wake();
    return driver;
  }

  /** Talks to one address. */
  static async connect(machine: Machine, owner: DriverOwner, to: Address): Promise<Driver> {
    const driver = new Driver(machine, owner);
    driver.#socket = await UdpSocket.connect(to, driver.#events);
    driver.wake();
    return driver;
  }

  /** Monotonic ms: the clock of every machine in this process. */
  static now(): number {
    return performance.now();
  }

  /** Where the socket is bound. */
  get address(): Address {
    return this.#socket?.address ?? { address: '', port: 0 };
  }

  /** Call after a command to the machine: it may have something to send. */
  wake(): void {
    if (this.#isClosed) return;
    this.#turn ??= setImmediate(() => this.#run());
  }

  ref(): void {
    this.#socket?.ref();
  }

  unref(): void {
    this.#socket?.unref();
  }

  /** Stops at once; what the machine still wants to send is not sent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#socket?.close();
  }

  get #events(): Parameters<typeof UdpSocket.bind>[1] {
    return {
      onDatagram: (bytes, from): void => {
        if (this.#isClosed) return;
        this.#machine.handleDatagram(performance.now(), from, bytes);
        this.wake();
      },
      onUnreachable: (): void => {
        this.#owner.onUnreachable?.(performance.now());
        this.wake();
      },
      onError: (error): void => {
        this.close();
        this.#owner.onError(error);
      },
    };
  }

  /** One turn: what is due, then the owner, then what there is to send, then the timer. */
  #run(): void {
    this.#turn = undefined;
    const now = performance.now();
    if (this.#machine.nextTimeout() <= now) this.#machine.handleTimeout(now);
    this.#owner.onTurn(now);
    if (this.#isClosed) return;
    for (let sent = 0; sent < SENDS_PER_TURN; sent++) {
      const transmit = this.#machine.pollTransmit(now);
      if (transmit === undefined) {
        this.#arm(now);
        return;
      }
      this.#socket?.send(transmit.bytes, transmit.to);
    }
    this.wake();
  }

  #arm(now: number): void {
    const at = this.#machine.nextTimeout();
    if (this.#timer !== undefined && at === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(0, Math.ceil(at - now)), LONGEST_TIMER);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, wait);
  }
}
