import { attempt, Cursor, demand } from './cursor.ts';

/**
 * A second reader of the wire, written only from spec/protocol/transport.md and in no way clever:
 * byte strings are hexadecimal text. What it refuses is undefined. Where it and the library
 * disagree, one of the three is wrong.
 */

/** Plaintext and encrypted. */
const VERSIONS = [0x75647001, 0x75647002];

export type Value = Readonly<Record<string, unknown>>;

/** Section 2.1 and 2.2. Of a short packet it reads the header. */
export function readPacket(packet: string): Value | undefined {
  return attempt(() => {
    const flags = new Cursor(packet).integer(1);
    return (flags & 0x80) === 0 ? shortHeader(packet) : longPacket(packet);
  });
}

function shortHeader(packet: string): Value {
  const cursor = new Cursor(packet);
  const flags = cursor.integer(1);
  demand((flags & 0x40) !== 0, 'fixed bit');
  demand((flags & 0x0c) === 0, 'reserved bits');
  const id = (flags & 0x10) === 0 ? null : cursor.take(4);
  const length = (flags & 0x03) + 1;
  const truncated = cursor.integer(length);
  return { id, keyPhase: (flags & 0x20) === 0 ? 0 : 1, length, truncated };
}

function longPacket(packet: string): Value {
  const cursor = new Cursor(packet);
  const flags = cursor.integer(1);
  demand((flags & 0x40) !== 0, 'fixed bit');
  const type = (flags & 0x30) >> 4;
  const version = cursor.integer(4);
  const destination = shortId(cursor);
  const source = shortId(cursor);
  const ids = { version, destination, source };
  demand(cursor.left >= 4, 'no room for a checksum');
  if (!VERSIONS.includes(version) && version !== 0) return { type: 'unknownVersion', ...ids };
  demand((flags & 0x0f) === 0, 'reserved bits');
  demand((version === 0) === (type === 3), 'version 0 is that of negotiation alone');
  const body = new Cursor(cursor.take(cursor.left - 4));
  demand(crc32c(packet.slice(0, -8)) === cursor.integer(4), 'checksum');
  return { ...ids, ...longBody(body, type, packet.length / 2) };
}

function longBody(body: Cursor, type: number, size: number): Value {
  if (type === 3) {
    demand(body.left % 4 === 0 && body.left <= 4 * 16, 'half a version, or too many');
    const versions = Array.from({ length: body.left / 4 }, () => body.integer(4));
    return { type: 'versionNegotiation', versions };
  }
  if (type === 0) {
    const initial = { type: 'initial', token: token(body), message: body.blob() };
    demand(size >= 1200, 'a small initial');
    demand(size === 1200 || body.left === 0, 'zeros beyond 1200');
    demand(/^0*$/.test(body.take(body.left)), 'padding that is not zero');
    return initial;
  }
  const value =
    type === 1
      ? { type: 'handshake', message: body.blob() }
      : { type: 'retry', token: token(body) };
  demand(body.left === 0, 'bytes after the body');
  return value;
}

function shortId(cursor: Cursor): string {
  const length = cursor.integer(1);
  demand(length <= 8, 'a long id');
  return cursor.take(length);
}

function token(cursor: Cursor): string {
  const bytes = cursor.blob();
  demand(bytes.length <= 2 * 128, 'a long token');
  return bytes;
}

/** Section 2.1: RFC 9000 appendix A.3, with 2^53 for 2^62. `largest` is -1 at first. */
export function restorePacketNumber(truncated: number, length: number, largest: number): number {
  const window = 2n ** BigInt(8 * length);
  const expected = BigInt(largest) + 1n;
  const candidate = expected - (expected % window) + BigInt(truncated);
  if (candidate <= expected - window / 2n && candidate < 2n ** 53n - window) {
    return Number(candidate + window);
  }
  if (candidate > expected + window / 2n && candidate >= window) return Number(candidate - window);
  return Number(candidate);
}

/** Section 2.1: bytes of a truncated number. */
export function packetNumberBytes(number: number, largestAcked: number): number {
  const unacknowledged = number - largestAcked;
  return [1, 2, 3].find((length) => 256 ** length > 2 * unacknowledged) ?? 4;
}

/** Section 4: all the frames of a payload. */
export function readPayload(payload: string): Value[] | undefined {
  return attempt(() => {
    const cursor = new Cursor(payload);
    const frames: Value[] = [];
    while (cursor.left > 0) {
      const frame = readFrame(cursor);
      const last = frames.at(-1);
      if (frame['type'] === 'padding' && last?.['type'] === 'padding') {
        frames[frames.length - 1] = { type: 'padding', length: Number(last['length']) + 1 };
      } else frames.push(frame);
    }
    return frames;
  });
}

const BODIES: Readonly<Record<number, (cursor: Cursor) => Value>> = {
  0: () => ({ type: 'padding', length: 1 }),
  1: () => ({ type: 'ping' }),
  2: acknowledgement,
  3: (c) => ({ type: 'message', channel: c.varint(), id: c.varint(), bytes: c.blob() }),
  4: fragment,
  5: (c) => ({ type: 'maxData', limit: c.varint() }),
  6: (c) => ({ type: 'maxChannelData', channel: c.varint(), limit: c.varint() }),
  7: (c) => ({ type: 'resetChannel', channel: c.varint(), code: c.varint() }),
  8: (c) => ({ type: 'pathChallenge', data: c.take(8) }),
  9: (c) => ({ type: 'pathResponse', data: c.take(8) }),
  10: newConnectionId,
  11: (c) => ({ type: 'retireConnectionId', sequence: c.varint() }),
  12: () => ({ type: 'handshakeDone' }),
  13: closing,
  14: skip,
};

function readFrame(cursor: Cursor): Value {
  const body = BODIES[cursor.integer(1)];
  demand(body !== undefined, 'an unknown type');
  return body?.(cursor) ?? {};
}

function acknowledgement(cursor: Cursor): Value {
  const delay = cursor.varint();
  const count = cursor.varint();
  demand(count >= 1 && count <= 32, 'ranges');
  const ranges: { start: number; end: number }[] = [];
  let largest = cursor.varint();
  for (;;) {
    const end = largest + 1;
    const start = end - (cursor.varint() + 1);
    demand(largest <= 2 ** 53 - 2, 'no packet number');
    demand(largest >= 0 && start >= 0, 'a range below 0');
    ranges.push({ start, end });
    if (ranges.length === count) return { type: 'ack', delay, ranges };
    const missing = cursor.varint() + 1;
    largest = start - missing - 1;
  }
}

function fragment(cursor: Cursor): Value {
  const place = { channel: cursor.varint(), id: cursor.varint() };
  const total = cursor.varint();
  const offset = cursor.varint();
  const bytes = cursor.blob();
  demand(total <= 1_048_576, 'a message over 1,048,576 bytes');
  demand(bytes.length > 0, 'an empty fragment');
  demand(offset + bytes.length / 2 <= total, 'beyond its total');
  return { type: 'fragment', ...place, total, offset, bytes };
}

function skip(cursor: Cursor): Value {
  const place = { channel: cursor.varint(), id: cursor.varint() };
  const length = cursor.varint();
  demand(length <= 1_048_576, 'a message over 1,048,576 bytes');
  return { type: 'skip', ...place, length };
}

function newConnectionId(cursor: Cursor): Value {
  const sequence = cursor.varint();
  const id = cursor.blob();
  demand(id.length >= 2 * 1 && id.length <= 2 * 8, 'an id of 1 to 8 bytes');
  return { type: 'newConnectionId', sequence, id };
}

function closing(cursor: Cursor): Value {
  const code = cursor.varint();
  const bytes = Buffer.from(cursor.blob(), 'hex');
  demand(bytes.length <= 128, 'a long reason');
  const reason = bytes.toString('utf8');
  demand(Buffer.from(reason, 'utf8').equals(bytes), 'a reason that is no UTF-8');
  return { type: 'close', code, reason };
}

/** Section 3.4. */
export function readParameters(list: string): Value | undefined {
  return attempt(() => {
    const cursor = new Cursor(list);
    const entries = new Map<number, string>();
    while (cursor.left > 0) {
      const key = cursor.varint();
      demand(!entries.has(key), 'a key twice');
      entries.set(key, cursor.blob());
      demand(entries.size <= 32, 'over 32 entries');
    }
    const names = ['initialMaxData', 'initialMaxChannelData', 'maxAckDelay'];
    const single = (entry: string | undefined): number => {
      const cursor = new Cursor(entry ?? '');
      const value = cursor.varint();
      demand(cursor.left === 0, 'bytes after the value');
      return value;
    };
    const values = names.map((_, index) => single(entries.get(index + 1)));
    demand((values[2] ?? 0) <= 1000, 'too long an ack delay');
    const pairs = names.map((name, index) => [name, values[index]]);
    const required: Record<string, unknown> = Object.fromEntries(pairs);
    const token = entries.get(5);
    demand(token === undefined || token.length === 2 * 16, 'a reset token of another length');
    if (token !== undefined) required['statelessResetToken'] = token;
    if (!entries.has(4)) return required;
    const arq = ['stop-and-wait', 'go-back-n', 'selective-repeat'][single(entries.get(4)) - 1];
    demand(arq !== undefined, 'an ARQ that is none');
    return { ...required, arq };
  });
}

/** Section 3.5: the payload of a packet, if its tag is right. All but the number is hexadecimal. */
export function open(
  packet: { readonly header: string; readonly rest: string; readonly number: number },
  ids: { readonly client: string; readonly server: string },
): string | undefined {
  return attempt(() => {
    const cursor = new Cursor(packet.rest);
    const payload = cursor.take(cursor.left - 4);
    const number = packet.number.toString(16).padStart(16, '0');
    const covered = ids.client + ids.server + number + packet.header + payload;
    demand(crc32c(covered) === cursor.integer(4), 'tag');
    return payload;
  });
}

/** Bit by bit, from RFC 9260 appendix A with its polynomial reflected. */
export function crc32c(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text, 'hex')) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
