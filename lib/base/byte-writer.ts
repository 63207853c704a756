import { assert } from './assert.ts';
import { VARINT_MAX } from './varint.ts';

/** Writes big-endian values into a buffer it was given; running over the end is a bug of ours. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  #end: number;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Starts over, leaving at most `limit` bytes to write. */
  reset(limit: number = this.#bytes.length): void {
    assert(limit <= this.#bytes.length, 'a limit beyond the buffer');
    this.offset = 0;
    this.#end = limit;
  }

  get remaining(): number {
    return this.#end - this.offset;
  }

  /** What is written to, the part behind `offset` too. */
  get buffer(): Uint8Array {
    return this.#bytes;
  }

  uint8(value: number): void {
    const at = this.#advance(1);
    this.#bytes[at] = value;
  }

  uint16(value: number): void {
    this.uint(value, 2);
  }

  uint32(value: number): void {
    this.uint(value, 4);
  }

  /** The low `length` bytes of `value`; `length` is 1..4. */
  uint(value: number, length: number): void {
    const at = this.#advance(length);
    for (let i = 0; i < length; i++) this.#bytes[at + i] = value >>> (8 * (length - 1 - i));
  }

  /** RFC 9000 section 16, always the shortest form. */
  varint(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= VARINT_MAX, 'not a varint');
    if (value < 0x40) this.uint8(value);
    else if (value < 0x4000) this.uint(value | 0x4000, 2);
    else if (value < 0x4000_0000) this.uint(value | 0x8000_0000, 4);
    else {
      this.uint(Math.floor(value / 2 ** 32) | 0xc000_0000, 4);
      this.uint(value, 4);
    }
  }

  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.#advance(value.length));
  }

  zeros(length: number): void {
    const at = this.#advance(length);
    this.#bytes.fill(0, at, at + length);
  }

  /** What was written so far: a view, not a copy. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.offset);
  }

  #advance(size: number): number {
    const at = this.offset;
    assert(at + size <= this.#end, 'the writer ran over its end');
    this.offset = at + size;
    return at;
  }
}
