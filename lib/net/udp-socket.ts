import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import type { Address } from '../transport/machine.ts';

/** Kernel buffer asked for, bytes; the default holds 92 full datagrams, a burst of any bulk. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Errors of a connected socket that say "nobody is there (yet)", by ICMP: hints, not verdicts. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN']);

/** Errors of sending that lose one datagram and mean nothing else: it is what UDP may do. */
const TRANSIENT = new Set([...UNREACHABLE, 'ENOBUFS', 'EAGAIN', 'EPERM', 'EMSGSIZE', 'EINTR']);

/**
 * Errors of a connected socket whose own address or way out is gone, as when a laptop changes
 * networks: the socket keeps what it once chose, a new one would choose anew.
 */
const STALE = new Set(['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EINVAL', 'ENODEV']);

export interface UdpSocketEvents {
  onDatagram(bytes: Uint8Array, from: Address): void;
  /** An ICMP message said that a datagram of ours found nobody. */
  onUnreachable(): void;
  /** A connected socket has lost its way out: another may find one. */
  onStale(): void;
  /** The socket is of no more use. */
  onError(error: Error): void;
}

/**
 * Where a socket listens. `address` undefined: every address of both families, where there are
 * both.
 */
export interface BindOptions {
  readonly port: number;
  readonly address?: string;
  /** Bytes that the kernel is asked to hold for us; 4 MiB unless told. */
  readonly receiveBuffer?: number;
  /** Lets other sockets that want the same take the port too: see `hasReusePort`. */
  readonly reusePort?: boolean;
}

/** Node's first versions whose dgram sockets know `reusePort`: of line 22, and of all after it. */
const REUSE_PORT_SINCE = { 22: 12, 23: 1 } as const;

/** Systems that share out what arrives among sockets on one port; others give all to one. */
const REUSE_PORT_PLATFORMS: ReadonlySet<string> = new Set(['linux', 'freebsd']);

/**
 * Whether several threads can listen on one port, each getting the datagrams of some of the peers
 * (SO_REUSEPORT of Linux 3.9, SO_REUSEPORT_LB of FreeBSD 12).
 */
export function hasReusePort(
  version: string = process.versions.node,
  platform: string = process.platform,
): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major === 22 || major === 23 ? minor >= REUSE_PORT_SINCE[major] : major > 23;
  return isNew && REUSE_PORT_PLATFORMS.has(platform);
}

/**
 * A dgram socket that speaks both families on one port, with canonical addresses, and that sends
 * in the calling turn, so that the sender's buffer is free at once.
 */
export class UdpSocket {
  readonly #socket: Socket;
  readonly #isDual: boolean;
  readonly #isConnected: boolean;
  /** How a peer's address is written for a socket of both families, as long as there is a peer. */
  readonly #outwards = new WeakMap<Address, string>();
  #isClosed = false;
  #receiveBuffer = RECEIVE_BUFFER;

  private constructor(socket: Socket, how: { isDual: boolean; isConnected: boolean }) {
    this.#socket = socket;
    this.#isDual = how.isDual;
    this.#isConnected = how.isConnected;
  }

  /** A server's socket. Rejects with the system's error: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
  static async bind(options: BindOptions, events: UdpSocketEvents): Promise<UdpSocket> {
    const { address } = options;
    if (address !== undefined) return UdpSocket.#open({ ...options, address }, events);
    try {
      return await UdpSocket.#open({ ...options, address: '::' }, events);
    } catch (error) {
      // A machine without IPv6.
      const code = errorCode(error);
      if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL' && code !== 'EINVAL') throw error;
      return UdpSocket.#open({ ...options, address: '0.0.0.0' }, events);
    }
  }

  /**
   * A client's socket, connected, so that it hears when nobody listens; bound to `localAddress` if
   * one is given.
   */
  static async connect(
    to: Address,
    events: UdpSocketEvents,
    localAddress?: string,
  ): Promise<UdpSocket> {
    const socket = make(isIPv4(to.address) ? 'udp4' : 'udp6');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      if (localAddress !== undefined) socket.bind({ address: localAddress, exclusive: true });
      // Node tells this callback of a failure too, though its types don't: without a route there.
      socket.connect(to.port, to.address, (...failure: unknown[]) => {
        socket.off('error', reject);
        if (failure[0] === undefined) resolve();
        else reject(failure[0]);
      });
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    const self = new UdpSocket(socket, { isDual: false, isConnected: true });
    self.#listen(events, RECEIVE_BUFFER);
    return self;
  }

  static async #open(
    options: BindOptions & { address: string },
    events: UdpSocketEvents,
  ): Promise<UdpSocket> {
    const { port, address, receiveBuffer = RECEIVE_BUFFER, reusePort = false } = options;
    const v4 = isIPv4(address);
    const socket = make(v4 ? 'udp4' : 'udp6', reusePort);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    const self = new UdpSocket(socket, { isDual: !v4, isConnected: false });
    self.#listen(events, receiveBuffer);
    return self;
  }

  /** Where the socket is bound. */
  get address(): Address {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** Bytes that the kernel holds for us at most, and that it was asked for. */
  get receiveBuffer(): { readonly granted: number; readonly asked: number } {
    const reported = this.#socket.getRecvBufferSize();
    // Linux reports twice what it grants, for its own bookkeeping (socket(7)).
    const granted = process.platform === 'linux' ? reported / 2 : reported;
    return { granted, asked: this.#receiveBuffer };
  }

  /** Sends now, or loses the datagram. `bytes` may be written again when this returns. */
  send(bytes: Uint8Array, to: Address): void {
    if (this.#isClosed) return;
    // What is queued is sent later, from the very buffer; then the caller's must be left alone.
    const safe = this.#socket.getSendQueueCount() > 0 ? bytes.slice() : bytes;
    if (this.#isConnected) this.#socket.send(safe);
    else this.#socket.send(safe, to.port, this.#outward(to));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #outward(to: Address): string {
    if (!this.#isDual) return to.address;
    let outward = this.#outwards.get(to);
    if (outward === undefined) {
      outward = isIPv4(to.address) ? `::ffff:${to.address}` : to.address;
      this.#outwards.set(to, outward);
    }
    return outward;
  }

  #listen(events: UdpSocketEvents, receiveBuffer: number): void {
    this.#receiveBuffer = receiveBuffer;
    this.#socket.on('message', ({ buffer, byteOffset, length }: Buffer, from: RemoteInfo) => {
      // Not as a Buffer, whose `slice` is no copy: a short message would keep its whole datagram.
      events.onDatagram(new Uint8Array(buffer, byteOffset, length), from);
    });
    this.#socket.on('error', (error: Error) => {
      const code = errorCode(error);
      const isStale = this.#isConnected && STALE.has(code);
      if (isStale) events.onStale();
      if (UNREACHABLE.has(code)) events.onUnreachable();
      else if (!isStale && !TRANSIENT.has(code)) events.onError(error);
    });
    try {
      this.#socket.setRecvBufferSize(receiveBuffer);
    } catch {
      // The default is smaller: more loss under load, which the transport repairs.
    }
  }
}

/** The `code` of a system error, or an empty string. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

/** Addresses are literal here; with dgram's own lookup each send would wait for the next tick. */
function make(type: 'udp4' | 'udp6', reusePort = false): Socket {
  const family = type === 'udp4' ? 4 : 6;
  return createSocket({
    type,
    ...(reusePort && { reusePort }),
    lookup: (host, _options, callback) => callback(null, host, family),
  });
}
