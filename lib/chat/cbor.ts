/**
 * CBOR in its core deterministic encoding (RFC 8949 section 4.2.1), without tags: each value has
 * one encoding, and bytes that are not it are refused while they are read.
 */
import { RECORD_DEPTH_MAX, RECORD_ITEMS_MAX } from './config.ts';

/** Why bytes are no value. */
export type CborError = 'malformed' | 'not-canonical';

export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<CborValue, CborValue>;

/** Major types, shifted to where they stand in an item's first byte (RFC 8949 section 3.1). */
const Major = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 };

/** What stands in the low bits of an item's first byte when the argument follows. */
const Follows = { one: 24, two: 25, four: 26, eight: 27 };
const [FALSE, TRUE, NULL] = [0xf4, 0xf5, 0xf6];
const TWO_TO_32 = 2 ** 32;
/** Characters up to which a loop is quicker than the platform's own. */
const SHORT_TEXT = 80;

const UTF8_IN = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF8_OUT = new TextEncoder();

let scratch = new Uint8Array(1024);
let length = 0;

/** The one encoding of what `write` writes with the functions below. */
export function encodeCbor(write: () => void): Uint8Array {
  length = 0;
  write();
  return scratch.slice(0, length);
}

/** Writes a value: integers, text, bytes, booleans, and arrays of them. */
export function writeValue(value: unknown): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    writeHead(Major.uint, value);
  } else if (typeof value === 'string') writeText(value);
  else if (typeof value === 'boolean') {
    reserve(1);
    scratch[length++] = value ? TRUE : FALSE;
  } else if (value instanceof Uint8Array) {
    writeHead(Major.bytes, value.length);
    reserve(value.length);
    scratch.set(value, length);
    length += value.length;
  } else if (Array.isArray(value)) {
    writeHead(Major.array, value.length);
    for (const item of value) writeValue(item);
  } else throw new TypeError(`${typeof value} is nothing that we write`);
}

/** Begins a map of `size` pairs, to be written in the order of their keys. */
export function writeMapHead(size: number): void {
  writeHead(Major.map, size);
}

function writeText(text: string): void {
  const start = length;
  // The longest head, and the longest that text can become.
  reserve(5 + 3 * text.length);
  if (text.length <= SHORT_TEXT && writeAscii(text)) return;
  length = start + 5;
  const { written } = UTF8_OUT.encodeInto(text, scratch.subarray(length));
  length = start;
  writeHead(Major.text, written);
  scratch.copyWithin(length, start + 5, start + 5 + written);
  length += written;
}

/** False when there is more than ASCII in it. */
function writeAscii(text: string): boolean {
  writeHead(Major.text, text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    scratch[length++] = unit;
  }
  return true;
}

function writeHead(major: number, argument: number): void {
  reserve(9);
  const type = major << 5;
  if (argument < Follows.one) scratch[length++] = type | argument;
  else if (argument < 0x100) {
    scratch[length++] = type | Follows.one;
    scratch[length++] = argument;
  } else if (argument < 0x1_0000) {
    scratch[length++] = type | Follows.two;
    writeBytes(argument, 2);
  } else if (argument < TWO_TO_32) {
    scratch[length++] = type | Follows.four;
    writeBytes(argument, 4);
  } else {
    scratch[length++] = type | Follows.eight;
    writeBytes(Math.floor(argument / TWO_TO_32), 4);
    writeBytes(argument, 4);
  }
}

function writeBytes(value: number, count: number): void {
  for (let i = count - 1; i >= 0; i--) scratch[length++] = value >>> (8 * i);
}

function reserve(bytes: number): void {
  if (length + bytes <= scratch.length) return;
  const larger = new Uint8Array(2 * (length + bytes));
  larger.set(scratch);
  scratch = larger;
}

export type DecodedCbor =
  | { readonly value: CborValue; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: CborError };

/** The one value in `bytes`, if no other bytes could have said the same. Never throws. */
export function decodeCbor(bytes: Uint8Array): DecodedCbor {
  const [first = { error: 'malformed' as const }, second] = decodeCborSequence(bytes);
  return second === undefined ? first : { error: 'malformed' };
}

/**
 * The values in `bytes`, one behind another (RFC 8742): one at least, and nothing after the first
 * error. All of them together have as many items as one may have. Never throws.
 */
export function decodeCborSequence(bytes: Uint8Array): readonly DecodedCbor[] {
  const reader = new CborReader(bytes);
  const decoded: DecodedCbor[] = [];
  do {
    const value = reader.read(0);
    decoded.push(value === undefined ? { error: reader.error } : { value });
    if (value === undefined) break;
  } while (!reader.isAtEnd);
  return decoded;
}

class CborReader {
  /** Why the last `read` gave nothing. */
  error: CborError = 'malformed';
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** An item inside `depth` others; undefined: there is none, `error` says why. */
  read(depth: number): CborValue | undefined {
    const first = this.#bytes[this.#offset++];
    if (first === undefined || ++this.#items > RECORD_ITEMS_MAX) return undefined;
    const major = first >> 5;
    if (major === Major.simple) return this.#readSimple(first);
    const argument = this.#readArgument(first & 0x1f);
    if (argument === undefined) return undefined;
    if (major === Major.uint) return argument;
    if (major === Major.negative) {
      return argument < Number.MAX_SAFE_INTEGER ? -1 - argument : undefined;
    }
    if (major === Major.bytes) return copy(this.#take(argument));
    if (major === Major.text) return this.#readText(argument);
    if (depth >= RECORD_DEPTH_MAX) return undefined;
    if (major === Major.array) return this.#readArray(argument, depth + 1);
    return major === Major.map ? this.#readMap(argument, depth + 1) : undefined;
  }

  /** The number in, or behind, the first byte, exact as a double; only in its shortest form. */
  #readArgument(low: number): number | undefined {
    if (low < Follows.one) return low;
    const size = low <= Follows.eight ? 1 << (low - Follows.one) : 0;
    const at = this.#offset;
    this.#offset += size;
    if (size === 0 || this.#offset > this.#bytes.length) return undefined;
    if (low === Follows.one) return atLeast(this.#view.getUint8(at), Follows.one);
    if (low === Follows.two) return atLeast(this.#view.getUint16(at), 0x100);
    if (low === Follows.four) return atLeast(this.#view.getUint32(at), 0x1_0000);
    const value = this.#view.getUint32(at) * TWO_TO_32 + this.#view.getUint32(at + 4);
    return value <= Number.MAX_SAFE_INTEGER ? atLeast(value, TWO_TO_32) : undefined;
  }

  #take(size: number): Uint8Array | undefined {
    const start = this.#offset;
    this.#offset += size;
    if (this.#offset > this.#bytes.length) return undefined;
    return this.#bytes.subarray(start, this.#offset);
  }

  #readText(size: number): string | undefined {
    const bytes = this.#take(size);
    if (bytes === undefined) return undefined;
    if (size <= SHORT_TEXT) {
      let i = 0;
      while (i < size && (bytes[i] ?? 0) <= 0x7f) i++;
      if (i === size) return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
    }
    try {
      return UTF8_IN.decode(bytes);
    } catch {
      this.error = 'not-canonical';
      return undefined;
    }
  }

  #readArray(size: number, depth: number): readonly CborValue[] | undefined {
    const items: CborValue[] = [];
    for (let i = 0; i < size; i++) {
      const item = this.read(depth);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  #readMap(size: number, depth: number): ReadonlyMap<CborValue, CborValue> | undefined {
    const map = new Map<CborValue, CborValue>();
    let [before, beforeEnd] = [0, 0];
    for (let i = 0; i < size; i++) {
      const start = this.#offset;
      const key = this.read(depth);
      if (key === undefined) return undefined;
      const order = i === 0 ? 1 : this.#compare(start, this.#offset, before, beforeEnd);
      // The same key again is not even a map.
      if (order === 0) return undefined;
      if (order < 0) {
        this.error = 'not-canonical';
        return undefined;
      }
      [before, beforeEnd] = [start, this.#offset];
      const value = this.read(depth);
      if (value === undefined) return undefined;
      map.set(key, value);
    }
    return map;
  }

  /** Of two stretches of the bytes, which comes first. */
  #compare(start: number, end: number, otherStart: number, otherEnd: number): number {
    const shorter = Math.min(end - start, otherEnd - otherStart);
    for (let i = 0; i < shorter; i++) {
      const difference = (this.#bytes[start + i] ?? 0) - (this.#bytes[otherStart + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return end - start - (otherEnd - otherStart);
  }

  /** `false`, `true`, `null` and numbers with a fraction, each in its shortest exact form. */
  #readSimple(first: number): boolean | null | number | undefined {
    if (first === FALSE || first === TRUE) return first === TRUE;
    if (first === NULL) return null;
    const low = first & 0x1f;
    const size = low >= Follows.two && low <= Follows.eight ? 1 << (low - Follows.one) : 0;
    const at = this.#offset;
    this.#offset += size;
    if (size === 0 || this.#offset > this.#bytes.length) return undefined;
    const value =
      size === 2
        ? halfToNumber(this.#view.getUint16(at))
        : size === 4
          ? this.#view.getFloat32(at)
          : this.#view.getFloat64(at);
    if (!Number.isFinite(value)) return undefined;
    const isShortest = size === 2 || (size === 4 ? !isHalf(value) : Math.fround(value) !== value);
    if (isShortest && !Number.isSafeInteger(value)) return value;
    this.error = 'not-canonical';
    return undefined;
  }
}

/** Not `slice`: of a Node Buffer that would be a view. */
function copy(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}

function atLeast(value: number, least: number): number | undefined {
  return value < least ? undefined : value;
}

/** RFC 8949 appendix D. */
function halfToNumber(half: number): number {
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return Number.NaN;
  return sign * (mantissa + 1024) * 2 ** (exponent - 25);
}

/** Whether a number of single precision has one of half precision that is the same. */
function isHalf(value: number): boolean {
  const magnitude = Math.abs(value);
  if (magnitude >= 2 ** 16) return false;
  const step = 2 ** Math.max(-24, Math.floor(Math.log2(magnitude)) - 10);
  return Number.isInteger(magnitude / step);
}
