import { performance } from 'node:perf_hooks';
import type { Address, Machine } from '../transport/machine.ts';
import { type BindOptions, UdpSocket } from './udp-socket.ts';

/** Datagrams that libuv reads at most in one go; as many are sent before it gets to read again. */
const READS_PER_TURN = 32;
const SENDS_PER_TURN = READS_PER_TURN;

/** A timer that fires later than this, ms, finds unread what came meanwhile. */
const LATE = 20;

/** Turns that timeouts wait while more and more is there to be read: not for ever, in a flood. */
const MAX_TURNS_BEHIND = 64;

/** setTimeout's longest, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Least time between two new sockets, ms; doubled until something is received, up to the most. */
const REBIND_WAIT = { least: 1_000, most: 8_000 } as const;

/** Where a machine's datagrams go. */
export interface DatagramSink {
  readonly address: Address;
  /** Sends now, or loses the datagram. `bytes` may be written again when this returns. */
  send(bytes: Uint8Array, to: Address): void;
  close(): void;
}

/** What a driver tells whoever owns the machine. */
export interface DriverOwner {
  /** Something may have happened: poll the machine's events, give it commands. */
  onTurn(now: number): void;
  /** A hint that nobody listens at the remote address. */
  onUnreachable?(now: number): void;
  /** Something that the person in charge of the machine can improve; once, if at all. */
  onWarning?(warning: string): void;
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
  #socket: DatagramSink | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #turn: NodeJS.Immediate | undefined;
  /** Datagrams read since the last turn, and turns in a row before which there were that many. */
  #reads = 0;
  #turnsBehind = 0;
  #isClosed = false;
  /** Whom a connected socket talks to. */
  #peer: Address | undefined;
  #localAddress: string | undefined;
  #rebindAt = 0;
  #rebindWait: number = REBIND_WAIT.least;

  private constructor(machine: Machine, owner: DriverOwner) {
    this.#machine = machine;
    this.#owner = owner;
  }

  /** Listens at an address. Rejects with the system's error if that cannot be done. */
  static async bind(machine: Machine, owner: DriverOwner, options: BindOptions): Promise<Driver> {
    const driver = new Driver(machine, owner);
    const socket = await UdpSocket.bind(options, driver.#events);
    driver.#socket = socket;
    const warning = bufferWarning(socket.receiveBuffer);
    if (warning !== undefined) owner.onWarning?.(warning);
    driver.wake();
    return driver;
  }

  /** Talks to one address, from `localAddress` if one is given. */
  static async connect(
    machine: Machine,
    owner: DriverOwner,
    to: Address,
    localAddress?: string,
  ): Promise<Driver> {
    const driver = new Driver(machine, owner);
    driver.#peer = to;
    driver.#localAddress = localAddress;
    driver.#socket = await UdpSocket.connect(to, driver.#events, localAddress);
    driver.wake();
    return driver;
  }

  /** Runs a machine that has no socket of its own; who hands datagrams in calls `wake`. */
  static over(machine: Machine, owner: DriverOwner, sink: DatagramSink): Driver {
    const driver = new Driver(machine, owner);
    driver.#socket = sink;
    driver.wake();
    return driver;
  }

  /** Monotonic ms: the clock of every machine in this thread. */
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

  /**
   * Takes a new socket to the same peer, unless it did so lately: nothing comes through the old
   * one, which is bound to the network that the machine was in when it was made.
   */
  rebind(): void {
    const now = performance.now();
    if (this.#peer === undefined || this.#isClosed || now < this.#rebindAt) return;
    this.#rebindAt = now + this.#rebindWait;
    this.#rebindWait = Math.min(2 * this.#rebindWait, REBIND_WAIT.most);
    UdpSocket.connect(this.#peer, this.#events, this.#localAddress).then(
      (socket) => this.#replace(socket),
      // There is no way to the peer at present: the old one is no worse, and we are asked again.
      () => {
        this.#rebindWait = REBIND_WAIT.least;
      },
    );
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
        this.#rebindWait = REBIND_WAIT.least;
        this.#reads++;
        this.#machine.handleDatagram(performance.now(), from, bytes);
        this.wake();
      },
      onUnreachable: (): void => {
        this.#owner.onUnreachable?.(performance.now());
        this.wake();
      },
      onStale: (): void => this.rebind(),
      onError: (error): void => {
        this.close();
        this.#owner.onError(error);
      },
    };
  }

  #replace(socket: UdpSocket): void {
    if (this.#isClosed) {
      socket.close();
      return;
    }
    this.#socket?.close();
    this.#socket = socket;
    this.wake();
  }

  /** One turn: what is due, then the owner, then what there is to send, then the timer. */
  #run(): void {
    this.#turn = undefined;
    const now = performance.now();
    if (this.#hasReadAll() && this.#machine.nextTimeout() <= now) this.#machine.handleTimeout(now);
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

  /** Whether nothing waits in the socket that could make a timeout needless. */
  #hasReadAll(): boolean {
    const isBehind = this.#reads >= READS_PER_TURN && this.#turnsBehind < MAX_TURNS_BEHIND;
    this.#turnsBehind = isBehind ? this.#turnsBehind + 1 : 0;
    this.#reads = 0;
    return !isBehind;
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
      // A process that got no time to read must not take that for the silence of others.
      if (performance.now() - at > LATE) this.wake();
      else this.#run();
    }, wait);
  }
}

/** What to say when the kernel holds less for us than was asked. */
function bufferWarning(buffer: UdpSocket['receiveBuffer']): string | undefined {
  const { granted, asked } = buffer;
  if (granted >= asked) return undefined;
  const kib = (bytes: number): number => Math.round(bytes / 1024);
  return (
    `the system holds ${kib(granted)} KiB of arriving datagrams, not ${kib(asked)}: ` +
    `bursts may be lost (on Linux: sysctl net.core.rmem_max=${asked})`
  );
}
