import type { SendChannel } from './send-channel.ts';

/** How soon what waits on a channel is sent, of 0 (first) to 7 (last), as RFC 9218 section 4.1. */
export const URGENCIES = { first: 0, standard: 3, last: 7 } as const;

/** The channels of one urgency, and whose turn it is. */
interface Level {
  readonly urgency: number;
  readonly channels: SendChannel[];
  turn: number;
}

/**
 * In what order channels fill a packet: the more urgent always before the less urgent, and equals
 * in turns, a packet each.
 */
export class SendOrder {
  /** Ascending by urgency; none is empty. */
  readonly #levels: Level[] = [];

  add(channel: SendChannel): void {
    let at = this.#levels.findIndex(({ urgency }) => urgency >= channel.urgency);
    if (at < 0) at = this.#levels.length;
    const level = this.#levels[at];
    if (level?.urgency === channel.urgency) level.channels.push(channel);
    else this.#levels.splice(at, 0, { urgency: channel.urgency, channels: [channel], turn: 0 });
  }

  /** Puts a channel that was added elsewhere. */
  move(channel: SendChannel, urgency: number): void {
    const at = this.#levels.findIndex((level) => level.urgency === channel.urgency);
    const level = this.#levels[at];
    level?.channels.splice(level.channels.indexOf(channel), 1);
    if (level?.channels.length === 0) this.#levels.splice(at, 1);
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
