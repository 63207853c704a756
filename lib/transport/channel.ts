/**
 * What a channel promises, in the two low bits of its number, so that both sides agree without a
 * word (spec/protocol section 5.1). 2 is reserved for ordered channels with gaps.
 */
export const ChannelKind = {
  orderedReliable: 0,
  unorderedReliable: 1,
  unreliable: 3,
} as const;

/** Where a whole message came in. */
export interface ReceivedMessage {
  readonly channel: number;
  readonly bytes: Uint8Array;
}

/** Whether this number is a channel that the protocol knows. */
export function isKnownChannel(channel: number): boolean {
  return Number.isSafeInteger(channel) && channel >= 0 && channel % 4 !== 2;
}

export function isOrdered(channel: number): boolean {
  return channel % 4 === ChannelKind.orderedReliable;
}

export function isReliable(channel: number): boolean {
  return channel % 4 !== ChannelKind.unreliable;
}
