import { ChatClient, type ClosedEvent, createNoise, SystemRandom } from '../../lib/index.ts';
import type { Command } from '../command.ts';
import { closedError, ExitCode } from '../errors.ts';
import { fingerprint } from '../identity.ts';
import { HostTrust, KnownHosts } from '../known-hosts.ts';
import { formatTarget, parseTarget, type Target } from '../target.ts';

/** `udpchat trust HOST [--replace]`: asks a host for its key, and keeps it. */
export const trust: Command = {
  name: 'trust',
  usage: 'HOST[:PORT] [PORT]',
  summary: "keep a host's key; with --replace in place of another one",
  flags: ['replace'],
  least: 1,
  most: 2,
  examples: ['udpchat trust 192.168.1.7 5000', 'udpchat trust --replace 192.168.1.7 5000'],
  async run({ positionals, flags }) {
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
  },
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
