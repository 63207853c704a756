import { join } from 'node:path';
import { OutboxFile, StoreError } from '../lib/entry/store.ts';
import type { Access } from './access.ts';
import { CliError, ExitCode } from './errors.ts';
import { formatTarget, type Target } from './target.ts';

/** Hexadecimal digits of a key in a file's name: enough to tell a person's keys apart. */
const KEY_DIGITS = 16;

/**
 * `--data` of those who join: what a host has not accepted is kept there, and said when the same
 * person comes again. Each host and key has a file of its own.
 */
export function openOutbox(folder: string, target: Target, { identity }: Access): OutboxFile {
  const host = encodeURIComponent(formatTarget(target).toLowerCase());
  const who = Buffer.from(identity.publicKey).toString('hex').slice(0, KEY_DIGITS);
  try {
    return new OutboxFile(join(folder, `outbox-${host}-${who}.db`));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const hint = error.code === 'newer' ? {} : { hint: 'choose another folder with --data' };
    throw new CliError(error.message, { exitCode: ExitCode.other, ...hint });
  }
}
