import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CliError, ExitCode, errorCode } from './errors.ts';

/** Bits of a file's mode that let anybody but its owner in. */
const OTHERS = 0o077;
/** Bytes of a file of keys or of a password. */
const SIZE_MAX = 1024 * 1024;

/**
 * The text of a file that only its owner may read; undefined when there is none. `isSecret: false`
 * does not mind readers.
 */
export function readPrivate(path: string, { isSecret = true } = {}): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileError(`cannot read ${path}`, error);
  }
  try {
    const { mode, size } = fstatSync(file);
    // Windows has other means; the mode says nothing there.
    if (isSecret && process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new CliError(`${path} can be read by others, so it keeps no secret`, {
        exitCode: ExitCode.authentication,
        hint: `if nobody has taken it: chmod 600 ${path}`,
      });
    }
    if (size > SIZE_MAX)
      throw new CliError(`${path} is no such file`, { exitCode: ExitCode.other });
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file that only its owner may read: whole or not at all, whenever the power fails.
 * `isNew` leaves one that is there already as it is and answers false.
 */
export function writePrivate(path: string, text: string, { isNew = false } = {}): boolean {
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(draft, { force: true });
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (!isNew) {
      renameSync(draft, path);
      return true;
    }
    // A link, unlike a renaming, does not replace what another process has just written.
    linkSync(draft, path);
    rmSync(draft);
    return true;
  } catch (error) {
    rmSync(draft, { force: true });
    if (isNew && errorCode(error) === 'EEXIST') return false;
    throw fileError(`cannot write ${path}`, error);
  }
}

function fileError(what: string, error: unknown): CliError {
  if (error instanceof CliError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new CliError(`${what}: ${why}`, { exitCode: ExitCode.other });
}
