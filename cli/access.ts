import { readSync } from 'node:fs';
import { usageError } from './errors.ts';
import { type FlagValues, textFlag } from './flags.ts';
import { identityPath, type KeyFile, openKeyFile } from './identity.ts';
import { isPlaintext } from './plaintext.ts';
import { readPrivate } from './private-file.ts';

const STDIN = 0;
const NEWLINE = 0x0a;
/** Bytes of an invitation, and to spare. */
const LINE_BYTES_MAX = 1024;

/** Who joins, and what opens the door. */
export interface Access {
  readonly identity: KeyFile;
  /** A password, or an invitation, that was given beforehand. */
  readonly password: string | undefined;
  /** `--plaintext`: neither side proves who it is. */
  readonly isPlaintext: boolean;
}

/** `--identity`, `--password-file` and `--invitation-file`. */
export function chooseAccess(flags: FlagValues): Access {
  const identity = openKeyFile(textFlag(flags, 'identity') ?? identityPath(), 'you');
  const { UDPCHAT_PASSWORD_FILE = '' } = process.env;
  const file = textFlag(flags, 'password-file') ?? UDPCHAT_PASSWORD_FILE;
  const invitation = readInvitation(flags);
  if (invitation !== undefined && flags['password-file'] !== undefined) {
    throw usageError('an invitation needs no password', 'leave --password-file out');
  }
  const password = invitation ?? (file === '' ? undefined : readPassword(file));
  return { identity, password, isPlaintext: isPlaintext(flags) };
}

/** The first line of a password file. */
export function readPassword(path: string): string {
  const text = readPrivate(path);
  if (text === undefined)
    throw usageError(`there is no password file ${path}`, 'make one: see README');
  const [password = ''] = text.split(/\r?\n/);
  if (password !== '') return password;
  throw usageError(`the first line of ${path} is empty`, 'it should be the password');
}

/** `--invitation-file`: the first line of a file, or of stdin; the rest of stdin stays there. */
function readInvitation(flags: FlagValues): string | undefined {
  const path = textFlag(flags, 'invitation-file');
  if (path === undefined) return undefined;
  const text = path === '-' ? readStdinLine() : readPrivate(path);
  if (text === undefined) throw usageError(`there is no file ${path}`, 'make one: see README');
  const [invitation = ''] = text.split(/\r?\n/);
  if (invitation.trim() !== '') return invitation.trim();
  throw usageError(`the first line of ${path} is empty`, 'it should be the invitation');
}

function readStdinLine(): string {
  const byte = Buffer.alloc(1);
  const bytes: number[] = [];
  while (bytes.length < LINE_BYTES_MAX && readSync(STDIN, byte, 0, 1, null) === 1) {
    const [value = 0] = byte;
    if (value === NEWLINE) break;
    bytes.push(value);
  }
  return Buffer.from(bytes).toString('utf8');
}
