import { VARINT_MAX, varintSize } from './varint.ts';

const NOTHING = new Uint8Array(0);

/**
 * Reads big-endian values from bytes that may be hostile. It never throws: a read past the end, or
 * a varint that is not minimal, yields 0 (or no bytes) and sets `failed` for good, so a decoder
 * reads straight on and checks once.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  offset = 0;
  failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.failed ? 0 : this.#bytes.length - this.offset;
  }

  uint8(): number {
    const value = this.#bytes[this.offset];
    if (this.failed || value === undefined) return this.#fail();
    this.offset++;
    return value;
  }

  uint16(): number {
    return this.uint(2);
  }

  uint32(): number {
    return this.uint(4);
  }

  /** An integer of `length` bytes, 1..4. */
  uint(length: number): number {
    if (length > this.remaining) return this.#fail();
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + (this.#bytes[this.offset + i] ?? 0);
    this.offset += length;
    return value;
  }

  /** RFC 9000 section 16; a longer form than needed, or a value above 2^53 - 1, is a failure. */
  varint(): number {
    const first = this.uint8();
    const size = 1 << (first >> 6);
    if (size === 1) return first;
    if (size - 1 > this.remaining) return this.#fail();
    let value = first & 0x3f;
    for (let i = 0; i < size - 1; i++) value = value * 256 + (this.#bytes[this.offset + i] ?? 0);
    this.offset += size - 1;
    return value > VARINT_MAX || varintSize(value) !== size ? this.#fail() : value;
  }

  /** A view into the input, not a copy. */
  bytes(length: number): Uint8Array {
    if (length > this.remaining) {
      this.#fail();
      return NOTHING;
    }
    const at = this.offset;
    this.offset = at + length;
    return this.#bytes.subarray(at, at + length);
  }

  /** Skips the bytes equal to zero that come next and returns how many there were. */
  zeros(): number {
    const from = this.offset;
    while (!this.failed && this.#bytes[this.offset] === 0) this.offset++;
    return this.offset - from;
  }

  #fail(): 0 {
    this.failed = true;
    return 0;
  }
}
