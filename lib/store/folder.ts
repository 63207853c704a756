import { join } from 'node:path';

/** Why a directory cannot be used. The message says what happened and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: 'locked' | 'newer' | 'no-access';

  constructor(code: StoreError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const DATABASE = 'chat.db';

/** Where the database of a data directory is. */
export function databasePath(dir: string): string {
  return join(dir, DATABASE);
}
