import type { TraceEvent, TraceForm, TraceHead, Vantage } from './event.ts';
import { ipPacket } from './ip-packet.ts';

/** Types of blocks (draft-ietf-opsawg-pcapng). */
export const Block = { section: 0x0a0d_0d0a, interface: 1, packet: 6 } as const;
/** Codes of options; some depend on the block. */
export const Option = {
  end: 0,
  comment: 1,
  flags: 2,
  name: 2,
  application: 4,
  resolution: 9,
} as const;
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
/** A packet begins with its IP header. */
const LINKTYPE_RAW = 101;
/** Timestamps count 10^-9 s. */
const NANOSECONDS = 9;
const Direction = { received: 1, sent: 2 } as const;
const NS_PER_MS = 1_000_000n;
const NOTHING = new Uint8Array(0);
const utf8 = new TextEncoder();

/**
 * pcapng, as Wireshark reads it: an interface for each end, IP and UDP headers around each
 * datagram. What makes a run of the lab again is the comment of the section; what the network did
 * to a packet is the packet's. In virtual time the clock begins in 1970.
 */
export class Pcapng implements TraceForm {
  #vantages: readonly Vantage[] = [];
  #epochMs = 0;

  begin(head: TraceHead): Uint8Array {
    this.#vantages = head.vantages;
    this.#epochMs = head.epochMs ?? 0;
    const version = new Uint8Array(16);
    const view = new DataView(version.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true);
    // The length of the section is not known yet.
    view.setBigInt64(8, -1n, true);
    const options = [option(Option.application, utf8.encode(head.program))];
    if (head.scenario !== undefined) {
      options.push(option(Option.comment, utf8.encode(JSON.stringify(head.scenario))));
    }
    const interfaces = head.vantages.map((name) =>
      block(Block.interface, [
        words16(LINKTYPE_RAW, 0),
        words32(0),
        option(Option.name, utf8.encode(name)),
        option(Option.resolution, new Uint8Array([NANOSECONDS])),
        option(Option.end, NOTHING),
      ]),
    );
    const section = block(Block.section, [version, ...options, option(Option.end, NOTHING)]);
    return join([section, ...interfaces]);
  }

  record(event: TraceEvent): Uint8Array {
    if (event.type !== 'packet') return NOTHING;
    const { at, from, to, bytes, fate } = event;
    const packet = ipPacket(from, to, bytes);
    const time = BigInt(Math.round(this.#epochMs)) * NS_PER_MS + BigInt(Math.round(at * 1e6));
    return block(Block.packet, [
      words32(
        Math.max(0, this.#vantages.indexOf(event.vantage)),
        Number(time >> 32n),
        Number(time & 0xffff_ffffn),
        packet.length,
        packet.length,
      ),
      padded(packet),
      option(Option.flags, words32(Direction[event.event])),
      ...(fate === undefined || fate === 'passed'
        ? []
        : [option(Option.comment, utf8.encode(fate))]),
      option(Option.end, NOTHING),
    ]);
  }

  end(): Uint8Array {
    return NOTHING;
  }
}

/** A block: its type, and its length before and behind its body. */
function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 12);
  return join([words32(type, length), ...parts, words32(length)]);
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bounded = value.subarray(0, 0xffff);
  return join([words16(code, bounded.length), padded(bounded)]);
}

/** Up to a whole number of 32-bit words. */
function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : join([bytes, new Uint8Array(4 - rest)]);
}

function words32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}

function words16(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint16(2 * i, value, true);
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
