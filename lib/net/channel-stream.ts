import { Duplex } from 'node:stream';
import type { UdpConnection } from './udp-connection.ts';

/** Bytes of a message that a stream sends at most: a loss holds back little, few are needed. */
const CHUNK = 65_536;

/** After chat and all else, unless told otherwise: see `UdpConnection.setPriority`. */
const BACKGROUND = 7;

/** How a stream is to be. */
export interface ChannelStreamOptions {
  /** 0 (first) to 7 (last, the default): which of the channels is sent first. */
  readonly priority?: number;
}

/**
 * An ordered, reliable channel as a stream of bytes, for files and all else that is long. Slow
 * readers slow the writer down, on this channel only. Each chunk is a message; the end of what is
 * written is an empty one. `finish` says that all was handed to the connection: it arrives unless
 * the connection fails. As long as the peer has not ended, the other direction stays open. To
 * destroy a stream is local: what still comes is thrown away, and the peer is not told.
 */
export class ChannelStream extends Duplex {
  readonly #connection: UdpConnection;
  readonly #channel: number;
  #onDrain: (() => void) | undefined;
  #isPaused = false;
  #hasEnd = false;

  /** For `UdpConnection.stream`. */
  constructor(connection: UdpConnection, channel: number, options: ChannelStreamOptions = {}) {
    super();
    this.#connection = connection;
    this.#channel = channel;
    connection.setPriority(channel, options.priority ?? BACKGROUND);
  }

  override _write(chunk: Buffer, _encoding: unknown, done: (error?: Error) => void): void {
    this.#send(chunk, 0, done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#attempt(done, () => {
      this.#connection.send(new Uint8Array(0), this.#channel);
      done();
    });
  }

  override _read(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#connection.resume(this.#channel);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#onDrain = undefined;
    this._read();
    done(error);
  }

  /** For the connection: a message of the channel. */
  receive(bytes: Uint8Array): void {
    if (this.destroyed || this.#hasEnd) return;
    this.#hasEnd = bytes.length === 0;
    const { buffer, byteOffset, length } = bytes;
    if (this.push(this.#hasEnd ? null : Buffer.from(buffer, byteOffset, length))) return;
    if (this.#hasEnd) return;
    this.#isPaused = true;
    this.#connection.pause(this.#channel);
  }

  /** For the connection: there is room for more. */
  drained(): void {
    const goOn = this.#onDrain;
    this.#onDrain = undefined;
    goOn?.();
  }

  /** For the connection: it is over. What came whole can still be read. */
  disconnected(error: Error | undefined): void {
    if (this.#hasEnd && !this.readableEnded) this.once('end', () => this.destroy(error));
    else this.destroy(error);
  }

  #send(chunk: Uint8Array, start: number, done: (error?: Error) => void): void {
    this.#attempt(done, () => {
      for (let from = start; from < chunk.length; from += CHUNK) {
        // A copy: whoever wrote it may use the buffer again once it is told that we are done.
        const bytes = new Uint8Array(chunk.subarray(from, from + CHUNK));
        if (this.#connection.send(bytes, this.#channel)) continue;
        this.#onDrain = (): void => this.#send(chunk, from + CHUNK, done);
        return;
      }
      done();
    });
  }

  #attempt(done: (error?: Error) => void, act: () => void): void {
    try {
      act();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
