/**
 * The database, version by version: `user_version` counts the steps that were taken. A step is
 * never changed once released; what it did is changed by a later one.
 *
 * `entries.n` is the log's number times 2^32 plus the entry's: a room is one range of the table's
 * own order and of the index of words, so that the newest lines of a room, and the newest that have
 * a word, are found without sorting.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE logs (
     n INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     last INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE entries (
     n INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     author TEXT NOT NULL,
     id TEXT,
     record BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX entries_by_id ON entries (id, author) WHERE id IS NOT NULL;
   CREATE VIRTUAL TABLE words USING fts5 (
     text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
   );
   CREATE TABLE rows (
     tab TEXT NOT NULL,
     key TEXT NOT NULL,
     value TEXT NOT NULL,
     PRIMARY KEY (tab, key)
   ) STRICT, WITHOUT ROWID;`,
];

/** How far apart the numbers of two logs are: more than anybody will write into one. */
export const LOG_SPAN = 2 ** 32;
