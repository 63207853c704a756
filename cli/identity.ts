import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fingerprint, publicKeyOf } from '../lib/entry/words.ts';
import { CliError, ExitCode } from './errors.ts';
import { dataFolder } from './folders.ts';
import { readPrivate, writePrivate } from './private-file.ts';

/** The name of the one kind of key there is, in all our files. */
export const KEY_TYPE = 'x25519';

const KEY_BYTES = 32;

/** A key pair in a file, made when it is first needed. */
export interface KeyFile {
  readonly path: string;
  /** 32 bytes; never shown. */
  readonly secret: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly isNew: boolean;
}

/** Where the key lies that says who you are. */
export function identityPath(): string {
  return process.env['UDPCHAT_IDENTITY'] || join(dataFolder(), 'identity');
}

/** Where the key lies that says which host this is. */
export function hostKeyPath(): string {
  return join(dataFolder(), 'host-key');
}

/** The key in the file at `path`, which is made if it is not there. */
export function openKeyFile(path: string, whose: 'you' | 'host'): KeyFile {
  const text = readPrivate(path);
  if (text !== undefined) return { ...parseKeyFile(path, text), isNew: false };
  const is = whose === 'you' ? 'you' : 'this host';
  const note = `# Whoever has this file is ${is} for udpchat. Keep it to yourself.`;
  const secret = randomBytes(KEY_BYTES).toString('base64');
  if (!writePrivate(path, `${note}\nsecret-${KEY_TYPE} ${secret}\n`, { isNew: true })) {
    // Another udpchat has made it in this moment: that one it is.
    return openKeyFile(path, whose);
  }
  const made = readPrivate(path) ?? '';
  return { ...parseKeyFile(path, made), isNew: true };
}

function parseKeyFile(path: string, text: string): Omit<KeyFile, 'isNew'> {
  for (const line of text.split('\n')) {
    const [type, base64 = ''] = line.trim().split(/\s+/);
    if (type !== `secret-${KEY_TYPE}`) continue;
    const secret = new Uint8Array(Buffer.from(base64, 'base64'));
    if (secret.length === KEY_BYTES) return { path, secret, publicKey: publicKeyOf(secret) };
  }
  throw new CliError(`${path} holds no key`, {
    exitCode: ExitCode.authentication,
    hint: 'put it out of the way to have a new one made: you will be a stranger to hosts',
  });
}

/** A public key as `--authorized-keys` has it, one a line: type, key, a word for people. */
export function formatPublicKey(publicKey: Uint8Array): string {
  return `${KEY_TYPE} ${Buffer.from(publicKey).toString('base64')}`;
}

/** The public key in a line, if it has one. */
export function parsePublicKey(line: string): Uint8Array | undefined {
  const [type, base64 = ''] = line.trim().split(/\s+/);
  if (type !== KEY_TYPE) return undefined;
  const key = new Uint8Array(Buffer.from(base64, 'base64'));
  return key.length === KEY_BYTES ? key : undefined;
}

/** `SHA256:…` of a key, for people to compare. */
export { fingerprint };
