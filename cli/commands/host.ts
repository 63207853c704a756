import { ChatServer, type ChatServerOptions } from '../../lib/entry/server.ts';
import { judgeLab } from '../../lib/entry/words.ts';
import type { Address } from '../../lib/index.ts';
import { chooseAccess } from '../access.ts';
import { promptNick, showChat } from '../chat-window.ts';
import { isInteractive, isPlainChat, type Run } from '../command.ts';
import { type FlagValues, textFlag } from '../flags.ts';
import { type Hosted, hostHeadless, localTarget } from '../headless.ts';
import { chooseAuthorizedKeys, chooseVerifier } from '../host-access.ts';
import { parseLogForm } from '../host-log.ts';
import { chooseStore } from '../host-store.ts';
import { hostKeyPath, identityPath, openKeyFile } from '../identity.ts';
import { listenError } from '../listen-error.ts';
import { chooseNetwork } from '../network.ts';
import { chooseNick } from '../nick.ts';
import { isPlaintext } from '../plaintext.ts';
import { DEFAULT_PORT, parsePort } from '../target.ts';
import { chooseThreads } from '../threads.ts';

/** `udpchat host [PORT]`: the server, and on a terminal the window of the person who hosts. */
export const host: Run = async ({ positionals: [portText], flags }) => {
  const threads = chooseThreads(flags);
  const { note, ...network } = await chooseNetwork(flags, 'server');
  const port = portText === undefined ? DEFAULT_PORT : parsePort(portText, 0);
  const form = parseLogForm(textFlag(flags, 'log'));
  const metricsAt = textFlag(flags, 'metrics');
  const metrics = metricsAt === undefined ? undefined : await import('../metrics.ts');
  const scraped = metrics?.parseMetricsAddress(metricsAt ?? '');
  const key = openKeyFile(hostKeyPath(), 'host');
  const server = new ChatServer({
    ...chooseStore(flags, port),
    ...(await chooseAdmission(flags)),
    identity: key.secret,
    // Whoever hosts a chat has the say in it, from wherever they join it.
    owners: [Buffer.from(openKeyFile(identityPath(), 'you').publicKey).toString('hex')],
    judgeLab,
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
  const hosted = { server, address, key: flags.plaintext ? undefined : key.publicKey };
  return isWindow ? hostInWindow(hosted, flags) : hostHeadless(hosted, { form, note });
};

/** `udpchat serve` is `udpchat host --headless`. */
export const serve: Run = ({ positionals, flags }) =>
  host({ positionals, flags: { ...flags, headless: true } });

/** Who may come in. */
async function chooseAdmission(flags: FlagValues): Promise<Partial<ChatServerOptions>> {
  const password = await chooseVerifier(flags);
  const authorizedKeys = chooseAuthorizedKeys(flags);
  const plain = isPlaintext(flags) ? await import('../../lib/entry/client.ts') : undefined;
  return {
    ...(plain !== undefined && { handshakes: plain.plaintext }),
    ...(password !== undefined && { password }),
    ...(authorizedKeys !== undefined && { authorizedKeys }),
    ...(flags['invite-only'] !== undefined && { inviteOnly: true }),
  };
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
    const nick = await chooseNick(flags, promptNick);
    const join = { target: localTarget(address), nick, access: chooseAccess(flags) };
    const hostKey = key === undefined ? {} : { hostKey: key };
    return await showChat({ ...join, ...hostKey }, { isPlain: isPlainChat(flags) });
  } finally {
    await server.close();
  }
}
