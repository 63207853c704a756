import type { Frame } from '../../wire/frame.ts';
import { TRACED_MESSAGES_MAX } from './config.ts';
import type { PacketEvent } from './event.ts';

/** A frame as JSON. Never what was said: only how long it is. */
export type FrameRecord = Readonly<Record<string, unknown>>;

/** A frame under the names of spec/protocol, in the letters of qlog. */
export function describeFrame(frame: Frame): FrameRecord {
  const frame_type = frame.type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  switch (frame.type) {
    case 'padding':
      return { frame_type, length: frame.length };
    case 'ack':
      return { frame_type, ack_delay: frame.delay * 0.008, acked_ranges: rangesOf(frame.ranges) };
    case 'message': {
      const { channel, id, bytes } = frame;
      return { frame_type, channel, message_id: id, length: bytes.length };
    }
    case 'fragment': {
      const { channel, id, total, offset, bytes } = frame;
      return { frame_type, channel, message_id: id, total, offset, length: bytes.length };
    }
    case 'skip':
      return { frame_type, channel: frame.channel, message_id: frame.id, length: frame.length };
    case 'maxData':
      return { frame_type, maximum: frame.limit };
    case 'maxChannelData':
      return { frame_type, channel: frame.channel, maximum: frame.limit };
    case 'close':
      return { frame_type, error_code: frame.code };
    default:
      return { frame_type };
  }
}

/** Inclusive, as qlog has them. */
function rangesOf(ranges: readonly { start: number; end: number }[]): (readonly number[])[] {
  return ranges.map(({ start, end }) => (end - start === 1 ? [start] : [start, end - 1]));
}

/** A whole message in a packet, and which transmission of it this is: 0 the first. */
export interface TracedMessage {
  readonly channel: number;
  readonly id: number;
  readonly transmission: number;
}

/** Counts how often each message was sent, by its end, its peer, its channel and its id. */
export class Transmissions {
  readonly #counts = new Map<string, number>();

  /** The messages of a packet that was sent. */
  of({ vantage, to, view }: PacketEvent): readonly TracedMessage[] {
    return view.frames.flatMap((frame) => {
      if (frame.type !== 'message') return [];
      const { channel, id } = frame;
      const key = `${vantage} ${to.address} ${to.port} ${channel} ${id}`;
      const transmission = this.#counts.get(key) ?? 0;
      this.#counts.delete(key);
      this.#counts.set(key, transmission + 1);
      const [oldest] = this.#counts.keys();
      if (this.#counts.size > TRACED_MESSAGES_MAX && oldest !== undefined) {
        this.#counts.delete(oldest);
      }
      return [{ channel, id, transmission }];
    });
  }
}
