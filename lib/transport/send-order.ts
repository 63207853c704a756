import type { SendChannel } from './send-channel.ts';

/** How soon what waits on a channel is sent, of 0 (first) to 7 (last), as RFC 9218 section 4.1. */
export const URGENCIES = { first: 0, standard: 3, last: 7 } as const;

/** The channels of one urgency, and whose turn it is. */
interface Level {
  readonly urgency: number;
  channels: readonly SendChannel[];
  turn: number;
}

const NONE: readonly never[] = [];

/**
 * In what order channels fill a packet: the more urgent always before the less urgent, and equals
 * in turns, a packet each.
 */
export class SendOrder {
  /** Ascending by urgency; none is empty. Made anew, so that one has no room for 17. */
  #levels: readonly Level[] = NONE;

  add(channel: SendChannel): void {
    const { urgency } = channel;
    const level = this.#levels.find((known) => known.urgency === urgency);
    if (level !== undefined) level.channels = level.channels.concat(channel);
    else {
      const levels = this.#levels.concat({ urgency, channels: [channel], turn: 0 });
      this.#levels = levels.sort((a, b) => a.urgency - b.urgency);
    }
  }

  /** Puts a channel that was added elsewhere. */
  move(channel: SendChannel, urgency: number): void {
    const level = this.#levels.find(({ urgency: its }) => its === channel.urgency);
    if (level !== undefined) level.channels = level.channels.filter((one) => one !== channel);
    this.#levels = this.#levels.filter(({ channels }) => channels.length > 0);
    channel.urgency = urgency;
    this.add(channel);
  }

  /**
   * Offers a packet to each channel; `write` puts in all it can and returns whether that was
   * anything.
   */
  fill(write: (channel: SendChannel) => boolean): void {
    for (const level of this.#levels) {
      const { channels, turn } = level;
      let next = turn;
      for (let i = 0; i < channels.length; i++) {
        const at = (turn + i) % channels.length;
        const channel = channels[at];
        if (channel !== undefined && write(channel) && next === turn) next = at + 1;
      }
      level.turn = next % channels.length;
    }
  }
}
