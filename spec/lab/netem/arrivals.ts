import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Block, Option } from '../../../lib/lab/tracing/pcapng.ts';

/** A probe's packet that the kernel saw: its number, and its delay by the kernel's clock, ms. */
export interface Arrival {
  readonly number: number;
  readonly delay: number;
}

/** Ethernet, IP and UDP in front of a probe's number and the time at which it was sent. */
const HEADERS = 42;
const HEADER = 12;

/**
 * Reads a capture that is still being written. Its times are the kernel's: what a process is late
 * by is not in them.
 */
export class Arrivals {
  readonly #file: number;
  /** From the clock of processes to the kernel's, ms. */
  readonly #epoch =
    performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6;
  #offset = 0;
  /** Ticks of the capture's clock a millisecond: microseconds unless it says otherwise. */
  #ticks = 1_000;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** The packets that were written since the last call. */
  read(): Arrival[] {
    const length = fstatSync(this.#file).size - this.#offset;
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, this.#offset);
    const found: Arrival[] = [];
    let at = 0;
    while (at + 8 <= length && at + bytes.readUInt32LE(at + 4) <= length) {
      const block = bytes.subarray(at, at + bytes.readUInt32LE(at + 4));
      const type = block.readUInt32LE(0);
      if (type === Block.interface) this.#ticks = ticksOf(block);
      if (type === Block.packet) found.push(...this.#packet(block));
      at += block.length;
    }
    this.#offset += at;
    return found;
  }

  close(): void {
    closeSync(this.#file);
  }

  #packet(block: Buffer): Arrival[] {
    const ticks = block.readUInt32LE(12) * 2 ** 32 + block.readUInt32LE(16);
    const packet = block.subarray(28, 28 + block.readUInt32LE(20));
    if (packet.length < HEADERS + HEADER) return [];
    const number = packet.readUInt32BE(HEADERS);
    const sentAt = packet.readDoubleBE(HEADERS + 4);
    return [{ number, delay: ticks / this.#ticks - this.#epoch - sentAt }];
  }
}

function ticksOf(block: Buffer): number {
  for (let at = 16; at + 4 <= block.length - 4; ) {
    const [code, length] = [block.readUInt16LE(at), block.readUInt16LE(at + 2)];
    if (code === Option.resolution) {
      const value = block.readUInt8(at + 4);
      return value < 128 ? 10 ** value / 1_000 : 2 ** (value - 128) / 1_000;
    }
    at += 4 + 4 * Math.ceil(length / 4);
  }
  return 1_000;
}
