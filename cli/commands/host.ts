import { networkInterfaces } from 'node:os';
import {
  type Address,
  ChatServer,
  formatAddress,
  plaintext,
  type ServerEvent,
} from '../../lib/index.ts';
import { chooseAccess, chooseAuthorizedKeys, chooseVerifier } from '../access.ts';
import { promptNick, promptPassword, showChat } from '../chat-window.ts';
import { type Command, isInteractive, isPlainChat } from '../command.ts';
import { listenError } from '../errors.ts';
import { type FlagValues, textFlag } from '../flags.ts';
import { chooseStore } from '../host-store.ts';
import { fingerprint, hostKeyPath, identityPath, openKeyFile } from '../identity.ts';
import { chooseNetwork } from '../impair.ts';
import { onInterrupt } from '../interrupt.ts';
import { JoinedChat } from '../joined-chat.ts';
import { formatLogLine } from '../log-line.ts';
import { chooseNick } from '../nick.ts';
import { isPlaintext } from '../plaintext.ts';
import { DEFAULT_PORT, parsePort } from '../target.ts';

/** What is kept. */
const STORE = ['data', 'ephemeral', 'keep', 'keep-days'] as const;
/** Who may come in. */
const ACCESS = ['password-file', 'authorized-keys', 'plaintext'] as const;
/** The network, and who looks on. */
const NETWORK = ['impair', 'seed', 'arq', 'trace', 'keylog'] as const;

const WILDCARDS: ReadonlySet<string> = new Set(['::', '0.0.0.0']);

/** `udpchat host [PORT]`: the server, and on a terminal the window of the person who hosts. */
export const host: Command = {
  name: 'host',
  usage: '[PORT]',
  summary: `host a chat (default port ${DEFAULT_PORT}), and join it on a terminal`,
  flags: ['nick', 'headless', 'bind', ...STORE, ...ACCESS, ...NETWORK, 'plain', 'no-color'],
  least: 0,
  most: 1,
  examples: ['udpchat host 5000', 'udpchat host --headless --bind 127.0.0.1'],
  async run({ positionals: [portText], flags }) {
    const { note, ...network } = chooseNetwork(flags, 'server');
    const port = portText === undefined ? DEFAULT_PORT : parsePort(portText, 0);
    const key = openKeyFile(hostKeyPath(), 'host');
    const password = await chooseVerifier(flags);
    const authorizedKeys = chooseAuthorizedKeys(flags);
    const server = new ChatServer({
      ...chooseStore(flags, port),
      identity: key.secret,
      // Whoever hosts a chat has the say in it, from wherever they join it.
      owners: [Buffer.from(openKeyFile(identityPath(), 'you').publicKey).toString('hex')],
      ...(isPlaintext(flags) && { handshakes: plaintext }),
      ...(password !== undefined && { password }),
      ...(authorizedKeys !== undefined && { authorizedKeys }),
      ...network,
    });
    // The last resort of a server is to say why it stops; `close` follows.
    server.on('error', (error) => process.stderr.write(`udpchat: ${error.message}\n`));
    server.on('warning', (text) => process.stderr.write(`udpchat: ${text}\n`));
    const isWindow = flags.headless === undefined && isInteractive();
    const address = await listen(server, flags, port);
    const hosted = { server, address, key: key.publicKey };
    return isWindow ? hostInWindow(hosted, flags) : hostHeadless(hosted, note);
  },
};

/** `udpchat serve` is `udpchat host --headless`. */
export const serve: Command = {
  ...host,
  name: 'serve',
  summary: 'the same as host --headless',
  flags: ['bind', ...STORE, ...ACCESS, ...NETWORK],
  examples: [],
  run: ({ positionals, flags }) => host.run({ positionals, flags: { ...flags, headless: true } }),
};

interface Hosted {
  readonly server: ChatServer;
  readonly address: Address;
  /** Public. */
  readonly key: Uint8Array;
}

async function listen(server: ChatServer, flags: FlagValues, port: number): Promise<Address> {
  const bind = textFlag(flags, 'bind');
  try {
    return await server.listen({ port, ...(bind !== undefined && { address: bind }) });
  } catch (error) {
    throw listenError(error, port, bind);
  }
}

async function hostInWindow({ server, address, key }: Hosted, flags: FlagValues): Promise<number> {
  try {
    const { address: bound, port } = address;
    const nick = await chooseNick(flags, promptNick);
    const target = { host: WILDCARDS.has(bound) ? '127.0.0.1' : bound, port };
    const access = chooseAccess(flags, promptPassword);
    const chat = await JoinedChat.join({ target, nick, access, hostKey: key });
    return await showChat(chat, { target: 'the chat', isPlain: isPlainChat(flags) });
  } finally {
    await server.close();
  }
}

function hostHeadless({ server, address, key }: Hosted, note: string | undefined): Promise<number> {
  const log = (line: string): void => void process.stdout.write(`${line}\n`);
  server.on('event', (event: ServerEvent) => log(formatLogLine(event)));
  if (note !== undefined) process.stderr.write(`udpchat: ${note}\n`);
  const { port } = address;
  const reachable = WILDCARDS.has(address.address)
    ? (lanAddress() ?? '127.0.0.1')
    : address.address;
  const isIpv6 = reachable.includes(':');
  const command = isIpv6 ? `udpchat '[${reachable}]:${port}'` : `udpchat ${reachable} ${port}`;
  log(`listening on ${formatAddress(address)}; key ${fingerprint(key)}; join with: ${command}`);
  return new Promise((resolve) => {
    let code = 1;
    server.once('close', () => resolve(code));
    onInterrupt((exitCode) => {
      code = exitCode;
      void server.close();
    });
  });
}

/** An address under which others on this network reach this machine. */
function lanAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
