import { VARINT_MAX, varintSize } from './varint.ts';

const NOTHING = new Uint8Array(0);

/**
 * Reads big-endian values from bytes that may be hostile. It never throws: a read past the end, or
 * a varint that is not minimal, yields 0 (or no bytes) and sets `failed` for good, so a decoder
 * reads straight on and checks once.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  offset = 0;
  failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.failed ? 0 : this.#bytes.length - this.offset;
  }

  uint8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  uint16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  uint32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  /** An integer of `length` bytes, 1..4. */
  uint(length: number): number {
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + this.uint8();
    return this.failed ? 0 : value;
  }

  /** RFC 9000 section 16; a longer form than needed, or a value above 2^53 - 1, is a failure. */
  varint(): number {
    const at = this.#take(1);
    if (at < 0) return 0;
    const first = this.#view.getUint8(at);
    const size = 1 << (first >> 6);
    if (size === 1) return first;
    if (this.#take(size - 1) < 0) return 0;
    const value = this.#varintBody(at, size);
    if (value > VARINT_MAX || varintSize(value) !== size) return this.#fail();
    return value;
  }

  /** A view into the input, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return at < 0 ? NOTHING : this.#bytes.subarray(at, at + length);
  }

  /** Skips the bytes equal to zero that come next and returns how many there were. */
  zeros(): number {
    const from = this.offset;
    while (!this.failed && this.offset < this.#bytes.length && this.#bytes[this.offset] === 0) {
      this.offset++;
    }
    return this.offset - from;
  }

  #varintBody(at: number, size: number): number {
    if (size === 2) return this.#view.getUint16(at) & 0x3fff;
    if (size === 4) return this.#view.getUint32(at) & 0x3fff_ffff;
    return (this.#view.getUint32(at) & 0x3fff_ffff) * 2 ** 32 + this.#view.getUint32(at + 4);
  }

  #take(size: number): number {
    const at = this.offset;
    if (this.failed || at + size > this.#bytes.length) {
      this.failed = true;
      return -1;
    }
    this.offset = at + size;
    return at;
  }

  #fail(): 0 {
    this.failed = true;
    return 0;
  }
}
