import { assert } from './assert.ts';
import { VARINT_MAX, varintSize } from './varint.ts';

/** Writes big-endian values into a buffer it was given; running over the end is a bug of ours. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #end: number;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

  uint8(value: number): void {
    this.#view.setUint8(this.#advance(1), value);
  }

  uint16(value: number): void {
    this.#view.setUint16(this.#advance(2), value);
  }

  uint32(value: number): void {
    this.#view.setUint32(this.#advance(4), value);
  }

  /** The low `length` bytes of `value`; `length` is 1..4. */
  uint(value: number, length: number): void {
    const at = this.#advance(length);
    for (let i = 0; i < length; i++) {
      this.#bytes[at + i] = Math.floor(value / 2 ** (8 * (length - 1 - i))) & 0xff;
    }
  }

  /** RFC 9000 section 16, always the shortest form. */
  varint(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= VARINT_MAX, 'not a varint');
    const size = varintSize(value);
    const at = this.#advance(size);
    if (size === 1) this.#view.setUint8(at, value);
    else if (size === 2) this.#view.setUint16(at, value | 0x4000);
    else if (size === 4) this.#view.setUint32(at, (value | 0x8000_0000) >>> 0);
    else {
      this.#view.setUint32(at, (Math.floor(value / 2 ** 32) | 0xc000_0000) >>> 0);
      this.#view.setUint32(at + 4, value >>> 0);
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
