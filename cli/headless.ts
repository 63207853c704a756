import { networkInterfaces } from 'node:os';
import { formatAddress } from '../lib/entry/transport.ts';
import type { Address, ChatServer } from '../lib/index.ts';
import { HostLog, type LogForm } from './host-log.ts';
import { fingerprint } from './identity.ts';
import { onInterrupt } from './interrupt.ts';

const WILDCARDS: ReadonlySet<string> = new Set(['::', '0.0.0.0']);

/** A chat that is being hosted. */
export interface Hosted {
  readonly server: ChatServer;
  readonly address: Address;
  /** Public; undefined where nobody proves one: `--plaintext`. */
  readonly key: Uint8Array | undefined;
}

/** Where those on the same machine reach a server. */
export function localTarget({ address, port }: Address): { host: string; port: number } {
  return { host: WILDCARDS.has(address) ? '127.0.0.1' : address, port };
}

/** Logs what happens until a signal, or a failure, ends it; resolves with the exit code. */
export function hostHeadless(
  { server, address, key }: Hosted,
  { form, note }: { form: LogForm; note: string | undefined },
): Promise<number> {
  const log = new HostLog({ form, output: process.stdout, clock: Date.now });
  server.on('event', (event) => log.event(event));
  server.on('warning', (text) => log.say('warn', 'warning', text));
  server.on('error', (error) => log.say('error', 'error', error.message));
  if (note !== undefined) process.stderr.write(`udpchat: ${note}\n`);
  const { port } = address;
  const reachable = WILDCARDS.has(address.address)
    ? (lanAddress() ?? '127.0.0.1')
    : address.address;
  const isIpv6 = reachable.includes(':');
  const command = isIpv6 ? `udpchat '[${reachable}]:${port}'` : `udpchat ${reachable} ${port}`;
  const where = `listening on ${formatAddress(address)}`;
  const proven = key === undefined ? 'NOT ENCRYPTED' : `key ${fingerprint(key)}`;
  const more = key === undefined ? ' --plaintext' : '';
  log.say('info', 'listening', `${where}; ${proven}; join with: ${command}${more}`);
  return new Promise((resolve) => {
    let code = 1;
    server.once('close', () => {
      log.end();
      resolve(code);
    });
    onInterrupt((exitCode) => {
      code = exitCode;
      log.say(
        'info',
        'stopping',
        `${people(server.memberCount)} in; a second signal stops at once`,
      );
      void server.close();
    });
  });
}

function people(count: number): string {
  return count === 1 ? '1 person is' : `${count} people are`;
}

/** An address under which others on this network reach this machine. */
function lanAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
