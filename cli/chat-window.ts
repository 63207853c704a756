import { ComingChat } from './coming-chat.ts';
import { isInteractive } from './command.ts';
import { ExitCode, exitCodeOf, formatError, undeliveredError } from './errors.ts';
import { configFolder, dataFolder } from './folders.ts';
import type { JoinedChat, JoinOptions } from './joined-chat.ts';
import type { ExitInfo, WindowOptions } from './tui/window.ts';

/** What somebody who has never been here is told, once. */
const FIRST_WORDS = [
  `your key and your settings are kept in ${dataFolder()} and ${configFolder()}`,
  'type, press Enter; keys worth knowing: Tab completes, PgUp scrolls, F1 shows all others',
];

/** What a chat needs; the bad network of a class that it may take part in is added here. */
export type ShownOptions = Omit<JoinOptions, 'lab' | 'ask' | 'signal'> & {
  /** Of that bad network. */
  readonly seed?: number;
};

/**
 * Joins a chat and shows it in the window, or with `isPlain` line by line, until the person, a
 * signal or the chat ends it. The window is there before the chat is. Resolves with the exit code;
 * what went wrong is said on stderr once the terminal is whole again.
 */
export async function showChat(
  joining: ShownOptions,
  { room, isPlain }: { room?: string; isPlain: boolean },
): Promise<number> {
  const shown = room === undefined ? {} : { room };
  return isPlain ? showPlain(joining, shown) : showWindow(joining, shown);
}

async function showPlain(joining: ShownOptions, shown: { room?: string }): Promise<number> {
  const chat = await join(joining, isInteractive() ? { ask: promptPassword } : {});
  const { runPlain } = await import('./tui/plain.ts');
  return explain(chat, await runPlain({ client: chat, ...(await choices()), ...shown }));
}

async function showWindow(joining: ShownOptions, shown: { room?: string }): Promise<number> {
  const chat = new ComingChat(joining.nick.nick, (options) => join(joining, options));
  const { runWindow } = await import('./tui/window.ts');
  const ended = await runWindow({
    client: chat,
    ...(await choices()),
    ...shown,
    onShown: (lend) => chat.begin((question) => lend(() => promptPassword(question))),
  });
  if (ended.type !== 'closed' && !chat.isHere) return interrupted(ended);
  return explain(chat, ended);
}

/** What the person has chosen, and what they are told when they have not been here before. */
async function choices(): Promise<Pick<WindowOptions, 'config' | 'greeting'>> {
  const { isFirstRun, loadConfig, markFirstRun } = await import('./tui/config-file.ts');
  const isFirst = isFirstRun();
  if (isFirst) markFirstRun();
  return { config: await loadConfig(), greeting: isFirst ? FIRST_WORDS : [] };
}

/** Everything that talks is loaded here, behind a first frame. */
async function join(
  { seed = Math.floor(Math.random() * 2 ** 32), ...joining }: ShownOptions,
  options: Pick<JoinOptions, 'ask' | 'signal'>,
): Promise<JoinedChat> {
  const { JoinedChat } = await import('./joined-chat.ts');
  const { LiveLab } = await import('../lib/entry/client.ts');
  return JoinedChat.join({ ...joining, ...options, lab: new LiveLab({ seed, isAccepted: false }) });
}

function interrupted(ended: ExitInfo): number {
  return ended.type === 'signal' ? ended.exitCode : ExitCode.interrupted;
}

/** Says what went wrong, if anything did; returns the exit code. */
async function explain(chat: JoinedChat | ComingChat, ended: ExitInfo): Promise<number> {
  const closed = await chat.closed;
  const error =
    ended.type === 'closed'
      ? chat.explain(ended.event)
      : undeliveredError(closed.undelivered, chat);
  if (error !== undefined) process.stderr.write(`${formatError(error)}\n`);
  if (ended.type === 'signal') return ended.exitCode;
  return error === undefined ? ExitCode.ok : exitCodeOf(error);
}

/** Asks for a nick on the terminal. */
export async function promptNick(suggestion: string): Promise<string> {
  const { askNick } = await import('./tui/prompt.ts');
  return askNick(suggestion);
}

/** Asks for a password on the terminal; what is typed is not shown. */
async function promptPassword(question: string): Promise<string> {
  const { askSecret } = await import('./tui/prompt.ts');
  return askSecret(question);
}
