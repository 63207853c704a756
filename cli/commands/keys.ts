import type { Run } from '../command.ts';
import { ExitCode } from '../errors.ts';
import { textFlag } from '../flags.ts';
import {
  fingerprint,
  formatPublicKey,
  hostKeyPath,
  identityPath,
  openKeyFile,
} from '../identity.ts';
import { KnownHosts } from '../known-hosts.ts';

/** `udpchat keys`: who you are, and which host this is. */
export const keys: Run = async ({ flags }) => {
  const you = openKeyFile(textFlag(flags, 'identity') ?? identityPath(), 'you');
  const host = openKeyFile(hostKeyPath(), 'host');
  const shown = [you, host].map(({ path, publicKey }, i) => ({
    whose: i === 0 ? 'you' : 'host',
    fingerprint: fingerprint(publicKey),
    public: formatPublicKey(publicKey),
    path,
  }));
  const { path } = new KnownHosts();
  const text =
    flags.json === true
      ? shown.map((key) => JSON.stringify(key))
      : [
          ...shown.flatMap((key) => [
            `${key.whose.padEnd(5)} ${key.fingerprint}  ${key.path}`,
            `      ${key.public}`,
          ]),
          `hosts you have met: ${path}`,
        ];
  process.stdout.write(`${text.join('\n')}\n`);
  return ExitCode.ok;
};
