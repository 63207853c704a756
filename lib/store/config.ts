/** Every bound of what a store keeps: unit, default, reason. */
export interface RetentionConfig {
  /** Entries kept of one log; older ones go first. */
  readonly entries: number;
  /** Bytes of records kept of one log. */
  readonly bytes: number;
  /** ms an entry is kept. */
  readonly age: number;
  /** Logs of direct messages at one time; the one that was quiet longest goes first. */
  readonly inboxes: number;
}

/** In memory (`--ephemeral`): what a busy day needs, and no more. */
export const MEMORY_RETENTION: RetentionConfig = {
  entries: 1000,
  bytes: 1024 * 1024,
  age: Infinity,
  inboxes: 1024,
};
