import type { Range } from '../base/range-set.ts';

/** The first byte of each frame (spec/protocol section 4). */
export const FrameType = {
  padding: 0x00,
  ping: 0x01,
  ack: 0x02,
  message: 0x03,
  fragment: 0x04,
  maxData: 0x05,
  maxChannelData: 0x06,
  resetChannel: 0x07,
  pathChallenge: 0x08,
  pathResponse: 0x09,
  newConnectionId: 0x0a,
  retireConnectionId: 0x0b,
  handshakeDone: 0x0c,
  close: 0x0d,
  skip: 0x0e,
} as const;

/**
 * Acknowledged packet numbers, newest range first, each half-open. `delay` is in microseconds / 8.
 */
export interface AckFrame {
  readonly type: 'ack';
  readonly delay: number;
  readonly ranges: readonly Readonly<Range>[];
}

/** A whole message. */
export interface MessageFrame {
  readonly type: 'message';
  readonly channel: number;
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** `bytes` of a message of `total` bytes, starting at `offset`. */
export interface FragmentFrame {
  readonly type: 'fragment';
  readonly channel: number;
  readonly id: number;
  readonly total: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Message `id` of `length` bytes will not come: its sender has given it up. */
export interface SkipFrame {
  readonly type: 'skip';
  readonly channel: number;
  readonly id: number;
  readonly length: number;
}

/** Credit for all channels together, in all. */
export interface MaxDataFrame {
  readonly type: 'maxData';
  readonly limit: number;
}

/** Credit for one channel, in all. */
export interface MaxChannelDataFrame {
  readonly type: 'maxChannelData';
  readonly channel: number;
  readonly limit: number;
}

/** Everything a packet can carry. Frames are idempotent: a second copy changes nothing. */
export type Frame =
  | { readonly type: 'padding'; readonly length: number }
  | { readonly type: 'ping' }
  | AckFrame
  | MessageFrame
  | FragmentFrame
  | SkipFrame
  | MaxDataFrame
  | MaxChannelDataFrame
  | { readonly type: 'resetChannel'; readonly channel: number; readonly code: number }
  | { readonly type: 'pathChallenge'; readonly data: Uint8Array }
  | { readonly type: 'pathResponse'; readonly data: Uint8Array }
  | { readonly type: 'newConnectionId'; readonly sequence: number; readonly id: Uint8Array }
  | { readonly type: 'retireConnectionId'; readonly sequence: number }
  | { readonly type: 'handshakeDone' }
  | { readonly type: 'close'; readonly code: number; readonly reason: string };

/** Ranges in one ACK frame. More gaps than this are reported by later acks (spec/protocol 4.3). */
export const MAX_ACK_RANGES = 32;

/** Bytes of UTF-8 in the reason of a CLOSE. */
export const MAX_CLOSE_REASON = 128;

/** Bytes of the data of PATH_CHALLENGE and PATH_RESPONSE (RFC 9000 section 19.17). */
export const PATH_DATA_LENGTH = 8;

/** Bytes of the longest message, before it is split: 1 MiB. */
export const MAX_MESSAGE = 1_048_576;

/** Whether a frame makes its packet one that must be acknowledged (RFC 9002 section 2). */
export function isAckEliciting(frame: Frame): boolean {
  return frame.type !== 'ack' && frame.type !== 'padding' && frame.type !== 'close';
}
