import type { FlagValues } from './flags.ts';

/** What whoever asks for `--plaintext` is told. */
export const PLAINTEXT_WARNING =
  'NOT ENCRYPTED: anybody on this network can read and change what is said here (--plaintext)';

/** Whether `--plaintext` was given; says in red what that means. */
export function isPlaintext(flags: FlagValues): boolean {
  if (flags.plaintext === undefined) return false;
  const isPlain = process.env['NO_COLOR'] || !process.stderr.isTTY;
  const [red, end] = isPlain ? ['', ''] : ['\u001b[1;31m', '\u001b[0m'];
  process.stderr.write(`${red}udpchat: ${PLAINTEXT_WARNING}${end}\n`);
  return true;
}
