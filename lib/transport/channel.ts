/**
 * What a channel promises, in the two low bits of its number, so that both sides agree without a
 * word (spec/protocol section 5.1). Messages of `orderedPartial` and `unordered` may have a
 * lifetime, after which they are given up (RFC 3758 calls that partial reliability).
 */
export const ChannelKind = {
  orderedReliable: 0,
  unorderedReliable: 1,
  orderedPartial: 2,
  unreliable: 3,
} as const;

/** A whole message that came: an event for the application, as it is. */
export interface ReceivedMessage {
  readonly type: 'message';
  readonly channel: number;
  readonly bytes: Uint8Array;
}

/** What an application says of a message that it sends. */
export interface SendOptions {
  /**
   * When it is of no use any more, in the clock of `now`: then it is sent no more. Not on channels
   * that promise each message (kind 0). Never, unless given.
   */
  readonly expiresAt?: number;
}

/** Whether this can be the number of a channel. */
export function isChannel(channel: number): boolean {
  return Number.isSafeInteger(channel) && channel >= 0;
}

export function isOrdered(channel: number): boolean {
  return channel % 2 === 0;
}

/** Whether messages are numbered, cost credit and are sent again when lost. */
export function isReliable(channel: number): boolean {
  return channel % 4 !== ChannelKind.unreliable;
}

/** Whether the sender may give up a message that it has begun to send, and say so. */
export function maySkip(channel: number): boolean {
  const kind = channel % 4;
  return kind === ChannelKind.unorderedReliable || kind === ChannelKind.orderedPartial;
}
