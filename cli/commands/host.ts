import { type Address, ChatServer, judgeLab, LiveLab, plaintext } from '../../lib/index.ts';
import { chooseAccess, chooseAuthorizedKeys, chooseVerifier } from '../access.ts';
import { promptNick, promptPassword, showChat } from '../chat-window.ts';
import { type Command, isInteractive, isPlainChat } from '../command.ts';
import { listenError } from '../errors.ts';
import { type FlagValues, textFlag } from '../flags.ts';
import { type Hosted, hostHeadless, localTarget } from '../headless.ts';
import { parseLogForm } from '../host-log.ts';
import { chooseStore } from '../host-store.ts';
import { hostKeyPath, identityPath, openKeyFile } from '../identity.ts';
import { chooseNetwork, chooseSeed } from '../impair.ts';
import { JoinedChat } from '../joined-chat.ts';
import { chooseNick } from '../nick.ts';
import { isPlaintext } from '../plaintext.ts';
import { DEFAULT_PORT, parsePort } from '../target.ts';
import { chooseThreads } from '../threads.ts';

/** What is kept. */
const STORE = ['data', 'ephemeral', 'keep', 'keep-days'] as const;
/** Who may come in. */
const ACCESS = ['password-file', 'authorized-keys', 'invite-only', 'plaintext'] as const;
/** The network, and who looks on. */
const NETWORK = ['threads', 'impair', 'seed', 'arq', 'trace', 'keylog'] as const;

/** What whoever runs it sees. */
const OPERATION = ['log', 'metrics'] as const;

/** `udpchat host [PORT]`: the server, and on a terminal the window of the person who hosts. */
export const host: Command = {
  name: 'host',
  usage: '[PORT]',
  summary: `host a chat (default port ${DEFAULT_PORT}), and join it on a terminal`,
  flags: [
    'nick',
    'headless',
    'bind',
    ...STORE,
    ...ACCESS,
    ...NETWORK,
    ...OPERATION,
    'plain',
    'no-color',
  ],
  least: 0,
  most: 1,
  examples: ['udpchat host 5000', 'udpchat host --headless --bind 127.0.0.1'],
  async run({ positionals: [portText], flags }) {
    const threads = chooseThreads(flags);
    const { note, ...network } = chooseNetwork(flags, 'server');
    const port = portText === undefined ? DEFAULT_PORT : parsePort(portText, 0);
    const form = parseLogForm(textFlag(flags, 'log'));
    const metricsAt = textFlag(flags, 'metrics');
    // Loaded for whoever wants it: every start of every command would pay for it otherwise.
    const metrics = metricsAt === undefined ? undefined : await import('../metrics.ts');
    const scraped = metrics?.parseMetricsAddress(metricsAt ?? '');
    const key = openKeyFile(hostKeyPath(), 'host');
    const password = await chooseVerifier(flags);
    const authorizedKeys = chooseAuthorizedKeys(flags);
    const server = new ChatServer({
      ...chooseStore(flags, port),
      identity: key.secret,
      // Whoever hosts a chat has the say in it, from wherever they join it.
      owners: [Buffer.from(openKeyFile(identityPath(), 'you').publicKey).toString('hex')],
      judgeLab,
      ...(isPlaintext(flags) && { handshakes: plaintext }),
      ...(password !== undefined && { password }),
      ...(authorizedKeys !== undefined && { authorizedKeys }),
      ...(flags['invite-only'] !== undefined && { inviteOnly: true }),
      ...network,
      threads,
    });
    // The last resort of a server is to say why it stops; `close` follows.
    server.on('error', (error) => process.stderr.write(`udpchat: ${error.message}\n`));
    server.on('warning', (text) => process.stderr.write(`udpchat: ${text}\n`));
    const isWindow = flags.headless === undefined && isInteractive();
    const address = await listen(server, flags, port);
    try {
      if (scraped !== undefined) await metrics?.serveMetrics(server, scraped);
    } catch (error) {
      await server.close();
      throw error;
    }
    const hosted = { server, address, key: key.publicKey };
    return isWindow ? hostInWindow(hosted, flags) : hostHeadless(hosted, { form, note });
  },
};

/** `udpchat serve` is `udpchat host --headless`. */
export const serve: Command = {
  ...host,
  name: 'serve',
  summary: 'the same as host --headless',
  flags: ['bind', ...STORE, ...ACCESS, ...NETWORK, ...OPERATION],
  examples: [],
  run: ({ positionals, flags }) => host.run({ positionals, flags: { ...flags, headless: true } }),
};

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
    const nick = await chooseNick(flags, promptNick);
    const target = localTarget(address);
    const access = chooseAccess(flags, promptPassword);
    const lab = new LiveLab({ seed: chooseSeed({}), isAccepted: false });
    const chat = await JoinedChat.join({ target, nick, access, hostKey: key, lab });
    return await showChat(chat, { isPlain: isPlainChat(flags) });
  } finally {
    await server.close();
  }
}
