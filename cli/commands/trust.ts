import { ChatClient, createNoise, SystemRandom } from '../../lib/entry/client.ts';
import type { ClosedEvent } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { closedError, ExitCode } from '../errors.ts';
import { fingerprint } from '../identity.ts';
import { HostTrust, KnownHosts } from '../known-hosts.ts';
import { formatTarget, parseTarget, type Target } from '../target.ts';

/** `udpchat trust HOST [--replace]`: asks a host for its key, and keeps it. */
export const trust: Run = async ({ positionals, flags }) => {
  const target = parseTarget(positionals);
  const name = formatTarget(target);
  const hosts = new KnownHosts();
  const { key, closed } = await askForKey(target);
  if (key === undefined) throw closedError(closed, name) ?? new Error('no key');
  const own = new HostTrust(target);
  const isGood = own.accept(key);
  if (!isGood && flags.replace !== true) throw own.changedError();
  const isKnown = hosts.find(target) !== undefined;
  if (!isKnown || !isGood) hosts.pin(target, key);
  const what = isKnown && isGood ? 'known already' : 'kept';
  process.stdout.write(`${name} ${fingerprint(key)} ${what}\n`);
  return ExitCode.ok;
};

/** The key that a host proves to have. It does not learn ours: we hang up before. */
async function askForKey(
  target: Target,
): Promise<{ key: Uint8Array | undefined; closed: ClosedEvent }> {
  let key: Uint8Array | undefined;
  const client = new ChatClient({
    ...target,
    nick: 'guest',
    handshakes: createNoise({
      random: new SystemRandom(),
      acceptServerKey: (shown) => {
        key = shown;
        return false;
      },
    }),
  });
  const closed = await client.closed;
  return { key, closed };
}
