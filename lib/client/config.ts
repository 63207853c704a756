/** Every bound and time of the chat client: unit, default, reason. */
export interface ClientConfig {
  /**
   * ms until a first connection counts as unreachable. 10,000, as long as the transport's
   * handshake may take; with more, another handshake follows one that came to nothing.
   */
  readonly connectTimeout: number;
  /** ms from a reconnect's first packet to the server's welcome, before the next try. */
  readonly attemptTimeout: number;
  /** ms before the first reconnect; doubles with each that fails. 500: a restart is quick. */
  readonly backoffMin: number;
  /** ms between reconnects at most. 15,000: nobody waits longer after the cable is back. */
  readonly backoffMax: number;
  /** ms that `quit` with `flush` waits for the server's answers. */
  readonly flushTimeout: number;
  /** Lines and bytes of text that wait for the server's answer, sent or not. */
  readonly outboxLines: number;
  readonly outboxBytes: number;
  /**
   * ms after which a line that an earlier client left behind is not sent any more. 604,800,000, a
   * week: by then nobody expects it, and a server may have forgotten that it was said.
   */
  readonly outboxAge: number;
  /** Lines and bytes that are sent and unanswered at one time. */
  readonly windowLines: number;
  readonly windowBytes: number;
  /** Lines a second, and in one burst. With the window, below what the server's limits allow. */
  readonly lineRate: number;
  readonly lineBurst: number;
  readonly byteRate: number;
  readonly byteBurst: number;
  /** Records of rooms held back until the welcome, which travels on another channel. */
  readonly earlyRecords: number;
  /** People a room is believed to have; a server that says more is wrong. */
  readonly roomUsers: number;
  /** ms between two signs that we are writing; others believe one for twice as long. */
  readonly typingInterval: number;
}

/**
 * A server sees a burst of at most windowLines + lineBurst lines and then lineRate a second,
 * whatever the network delays: 400 of its 500, 80 of its 100. So a client of ours never trips a
 * limit.
 */
export const CLIENT_DEFAULTS: ClientConfig = {
  connectTimeout: 10_000,
  attemptTimeout: 10_000,
  backoffMin: 500,
  backoffMax: 15_000,
  flushTimeout: 10_000,
  outboxLines: 1000,
  outboxBytes: 1024 * 1024,
  outboxAge: 604_800_000,
  windowLines: 200,
  windowBytes: 256 * 1024,
  lineRate: 80,
  lineBurst: 200,
  byteRate: 96 * 1024,
  byteBurst: 256 * 1024,
  earlyRecords: 2048,
  roomUsers: 4096,
  typingInterval: 3000,
};
