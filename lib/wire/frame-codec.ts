import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import type { Range } from '../base/range-set.ts';
import { varintSize } from '../base/varint.ts';
import {
  type AckFrame,
  type Frame,
  FrameType,
  MAX_ACK_RANGES,
  MAX_CLOSE_REASON,
  MAX_MESSAGE,
  PATH_DATA_LENGTH,
} from './frame.ts';
import { MAX_CONNECTION_ID } from './packet.ts';

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of a MESSAGE frame beside its message. */
export function messageOverhead(channel: number, id: number, length: number): number {
  return 1 + varintSize(channel) + varintSize(id) + varintSize(length);
}

/** Bytes of a FRAGMENT frame beside its bytes, at most `length` of them. */
export function fragmentOverhead(fragment: {
  channel: number;
  id: number;
  total: number;
  offset: number;
  length: number;
}): number {
  const { channel, id, total, offset, length } = fragment;
  return (
    1 +
    varintSize(channel) +
    varintSize(id) +
    varintSize(total) +
    varintSize(offset) +
    varintSize(length)
  );
}

/** Bytes of a SKIP frame for a message of `length` bytes. */
export function skipSize(channel: number, id: number, length: number): number {
  return 1 + varintSize(channel) + varintSize(id) + varintSize(length);
}

/** Bytes of an ACK frame. */
export function ackSize(frame: AckFrame): number {
  let size = 1 + varintSize(frame.delay) + varintSize(frame.ranges.length);
  let below = 0;
  for (const [index, { start, end }] of frame.ranges.entries()) {
    size += index === 0 ? varintSize(end - 1) : varintSize(below - end - 1);
    size += varintSize(end - start - 1);
    below = start;
  }
  return size;
}

/** Writes a MESSAGE frame, without the object that `writeFrame` wants for it. */
export function writeMessage(
  writer: ByteWriter,
  channel: number,
  id: number,
  bytes: Uint8Array,
): void {
  writer.uint8(FrameType.message);
  writer.varint(channel);
  writer.varint(id);
  writeBlob(writer, bytes);
}

/** Writes one frame; the caller has checked that it fits and is within the protocol's limits. */
export function writeFrame(writer: ByteWriter, frame: Frame): void {
  if (frame.type === 'padding') {
    writer.zeros(frame.length);
    return;
  }
  writer.uint8(FrameType[frame.type]);
  switch (frame.type) {
    case 'ping':
    case 'handshakeDone':
      break;
    case 'ack':
      writeAck(writer, frame);
      break;
    case 'message':
      writer.varint(frame.channel);
      writer.varint(frame.id);
      writeBlob(writer, frame.bytes);
      break;
    case 'fragment':
      writer.varint(frame.channel);
      writer.varint(frame.id);
      writer.varint(frame.total);
      writer.varint(frame.offset);
      writeBlob(writer, frame.bytes);
      break;
    case 'skip':
      writer.varint(frame.channel);
      writer.varint(frame.id);
      writer.varint(frame.length);
      break;
    case 'maxData':
      writer.varint(frame.limit);
      break;
    case 'maxChannelData':
      writer.varint(frame.channel);
      writer.varint(frame.limit);
      break;
    case 'resetChannel':
      writer.varint(frame.channel);
      writer.varint(frame.code);
      break;
    case 'pathChallenge':
    case 'pathResponse':
      writer.bytes(frame.data);
      break;
    case 'newConnectionId':
      writer.varint(frame.sequence);
      writeBlob(writer, frame.id);
      break;
    case 'retireConnectionId':
      writer.varint(frame.sequence);
      break;
    case 'close':
      writer.varint(frame.code);
      writeBlob(writer, utf8.encode(frame.reason));
      break;
  }
}

/** The next frame, or undefined when the bytes are not a frame: the packet is then malformed. */
export function readFrame(reader: ByteReader): Frame | undefined {
  const padding = reader.zeros();
  if (padding > 0) return { type: 'padding', length: padding };
  const frame = readBody(reader, reader.uint8());
  return reader.failed ? undefined : frame;
}

function readBody(reader: ByteReader, type: number): Frame | undefined {
  switch (type) {
    case FrameType.ping:
      return { type: 'ping' };
    case FrameType.ack:
      return readAck(reader);
    case FrameType.message:
      return readMessage(reader);
    case FrameType.fragment:
      return readFragment(reader);
    case FrameType.maxData:
      return { type: 'maxData', limit: reader.varint() };
    case FrameType.maxChannelData:
      return { type: 'maxChannelData', channel: reader.varint(), limit: reader.varint() };
    case FrameType.resetChannel:
      return { type: 'resetChannel', channel: reader.varint(), code: reader.varint() };
    case FrameType.pathChallenge:
      return { type: 'pathChallenge', data: reader.bytes(PATH_DATA_LENGTH) };
    case FrameType.pathResponse:
      return { type: 'pathResponse', data: reader.bytes(PATH_DATA_LENGTH) };
    case FrameType.newConnectionId:
      return readNewConnectionId(reader);
    case FrameType.retireConnectionId:
      return { type: 'retireConnectionId', sequence: reader.varint() };
    case FrameType.handshakeDone:
      return { type: 'handshakeDone' };
    case FrameType.close:
      return readClose(reader);
    case FrameType.skip:
      return readSkip(reader);
    default:
      return undefined;
  }
}

function writeBlob(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function writeAck(writer: ByteWriter, frame: AckFrame): void {
  writer.varint(frame.delay);
  writer.varint(frame.ranges.length);
  let below = 0;
  for (const [index, { start, end }] of frame.ranges.entries()) {
    writer.varint(index === 0 ? end - 1 : below - end - 1);
    writer.varint(end - start - 1);
    below = start;
  }
}

function readAck(reader: ByteReader): Frame | undefined {
  const delay = reader.varint();
  const count = reader.varint();
  if (count < 1 || count > MAX_ACK_RANGES) return undefined;
  const first = readRange(reader, reader.varint());
  if (first === undefined) return undefined;
  // Mostly there is one; an array that was pushed to would have room for 17.
  const ranges = [first];
  for (let below = first.start; ranges.length < count; ) {
    const range = readRange(reader, below - 2 - reader.varint());
    if (range === undefined) return undefined;
    ranges.push(range);
    below = range.start;
  }
  return { type: 'ack', delay, ranges };
}

/** The range of an ACK frame that ends with `last`. */
function readRange(reader: ByteReader, last: number): Range | undefined {
  const start = last - reader.varint();
  const isValid = !reader.failed && start >= 0 && last < Number.MAX_SAFE_INTEGER;
  return isValid ? { start, end: last + 1 } : undefined;
}

function readMessage(reader: ByteReader): Frame | undefined {
  const channel = reader.varint();
  const id = reader.varint();
  const bytes = reader.bytes(reader.varint());
  return { type: 'message', channel, id, bytes };
}

function readFragment(reader: ByteReader): Frame | undefined {
  const channel = reader.varint();
  const id = reader.varint();
  const total = reader.varint();
  const offset = reader.varint();
  const bytes = reader.bytes(reader.varint());
  if (total > MAX_MESSAGE || bytes.length === 0 || offset + bytes.length > total) return undefined;
  return { type: 'fragment', channel, id, total, offset, bytes };
}

function readSkip(reader: ByteReader): Frame | undefined {
  const channel = reader.varint();
  const id = reader.varint();
  const length = reader.varint();
  return length > MAX_MESSAGE ? undefined : { type: 'skip', channel, id, length };
}

function readNewConnectionId(reader: ByteReader): Frame | undefined {
  const sequence = reader.varint();
  const length = reader.varint();
  if (length < 1 || length > MAX_CONNECTION_ID) return undefined;
  return { type: 'newConnectionId', sequence, id: reader.bytes(length) };
}

function readClose(reader: ByteReader): Frame | undefined {
  const code = reader.varint();
  const length = reader.varint();
  if (length > MAX_CLOSE_REASON) return undefined;
  const reason = decodeUtf8(reader.bytes(length));
  return reason === undefined ? undefined : { type: 'close', code, reason };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}
