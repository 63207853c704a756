/** Every bound of what a store keeps: unit, default, reason. */
export interface RetentionConfig {
  /** Entries kept of a room; older ones go first. */
  readonly entries: number;
  /** Bytes of records kept of one log; in memory only, a disk counts as a whole (`diskBytes`). */
  readonly bytes: number;
  /** ms an entry is kept. */
  readonly age: number;
  /** Direct messages kept of one person. */
  readonly inboxEntries: number;
  /** Inboxes at one time; the one that was quiet longest goes first. In memory only. */
  readonly inboxes: number;
}

/** In memory (`--ephemeral`): what a busy day needs, and no more. */
export const MEMORY_RETENTION: RetentionConfig = {
  entries: 1000,
  bytes: 1024 * 1024,
  age: Infinity,
  inboxEntries: 1000,
  inboxes: 1024,
};

/**
 * On disk: some 300 bytes a line, so 300 MB for a room that is full; years of a busy one. Nothing
 * is dropped for its age unless whoever hosts says so.
 */
export const DISK_RETENTION: RetentionConfig = {
  ...MEMORY_RETENTION,
  entries: 1_000_000,
  bytes: Infinity,
};

export interface DiskConfig {
  /** Bytes that the database may have; beyond, the disk counts as full. 64 GiB. */
  readonly diskBytes: number;
  /** KiB of pages kept in memory: the newest of each room and the index above them. 8 MiB. */
  readonly cacheKib: number;
  /** Pages in the write-ahead log before they are moved to the database: SQLite's own 1,000. */
  readonly checkpointPages: number;
  /**
   * Bytes of a database that is checked page by page before the server starts. 64 MiB take 0.25 s;
   * a larger one is checked beside it.
   */
  readonly checkedAtStart: number;
  /** Entries deleted in one go when they are too many or too old: a few ms between two commits. */
  readonly pruneEntries: number;
}

export const DISK_DEFAULTS: DiskConfig = {
  diskBytes: 64 * 1024 ** 3,
  cacheKib: 8 * 1024,
  checkpointPages: 1000,
  checkedAtStart: 64 * 1024 ** 2,
  pruneEntries: 500,
};

/** Entries in a page at most, whatever is asked for: what a client may be sent in one go. */
export const PAGE_ENTRIES_MAX = 1000;
