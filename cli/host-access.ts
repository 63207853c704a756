import { makeVerifier, type PasswordVerifier, parseVerifier } from '../lib/entry/server.ts';
import { readPassword } from './access.ts';
import { CliError, ExitCode, usageError } from './errors.ts';
import { type FlagValues, textFlag } from './flags.ts';
import { parsePublicKey } from './identity.ts';
import { readPrivate } from './private-file.ts';

/** What a host compares passwords with: the file has the password, or the verifier of one. */
export async function chooseVerifier(flags: FlagValues): Promise<PasswordVerifier | undefined> {
  const file = textFlag(flags, 'password-file');
  if (file === undefined) return undefined;
  const text = readPassword(file);
  return parseVerifier(text) ?? (await makeVerifier(text));
}

/** The keys in `--authorized-keys`, in hexadecimal. */
export function chooseAuthorizedKeys(flags: FlagValues): ReadonlySet<string> | undefined {
  const path = textFlag(flags, 'authorized-keys');
  if (path === undefined) return undefined;
  const text = readPrivate(path, { isSecret: false });
  if (text === undefined) throw usageError(`there is no file ${path}`, 'one public key a line');
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    const key = parsePublicKey(line);
    if (key !== undefined) return [Buffer.from(key).toString('hex')];
    throw new CliError(`${path}, line ${index + 1} is no public key`, {
      exitCode: ExitCode.usage,
      hint: 'each line is what "udpchat keys" shows: x25519 and the key',
    });
  });
  return new Set(keys);
}
