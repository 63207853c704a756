import { ByteReader } from '../base/byte-reader.ts';
import type { Frame } from '../wire/frame.ts';
import { readFrame } from '../wire/frame-codec.ts';
import { isLong, readLongPacket, readShortHeader } from '../wire/packet-codec.ts';
import { decodePacketNumber } from '../wire/packet-number.ts';

/** Bytes of tag behind a plaintext payload (spec/protocol section 3.5). */
const TAG_LENGTH = 4;

/** What a datagram of the lab says; only `plaintext` ones can be looked into. */
export interface PacketView {
  /** Its number; -1 for the packets of a handshake, which have none. */
  readonly number: number;
  /**
   * `initial`, `handshake`, `retry`; `short` for the packets of a connection, `sealed` for those
   * that were not opened.
   */
  readonly type: string;
  readonly frames: readonly Frame[];
}

/** Looks into a datagram; `largest` is the largest number seen in this direction, or -1. */
export function viewPacket(bytes: Uint8Array, largest: number): PacketView {
  if (isLong(bytes)) {
    const packet = readLongPacket(bytes);
    const type = typeof packet === 'string' ? packet : packet.type;
    return { number: -1, type, frames: [] };
  }
  const header = readShortHeader(bytes);
  if (typeof header === 'string') return { number: -1, type: header, frames: [] };
  const { truncatedPacketNumber, packetNumberLength, length } = header;
  const number = decodePacketNumber(truncatedPacketNumber, packetNumberLength, largest);
  const payload = bytes.subarray(length, bytes.length - TAG_LENGTH);
  return { number, type: 'short', frames: readFrames(payload) };
}

/** The frames of a payload in the clear, up to the first that is none. */
export function readFrames(payload: Uint8Array): readonly Frame[] {
  const reader = new ByteReader(payload);
  const frames: Frame[] = [];
  while (reader.remaining > 0) {
    const frame = readFrame(reader);
    if (frame === undefined) break;
    frames.push(frame);
  }
  return frames;
}
