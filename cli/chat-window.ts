import { ExitCode, formatError, undeliveredError } from './errors.ts';
import { configFolder, dataFolder } from './folders.ts';
import type { JoinedChat } from './joined-chat.ts';

/** What somebody who has never been here is told, once. */
const FIRST_WORDS = [
  `your key and your settings are kept in ${dataFolder()} and ${configFolder()}`,
  'type, press Enter; keys worth knowing: Tab completes, PgUp scrolls, F1 shows all others',
];

/**
 * Shows a chat in the window, or with `isPlain` line by line, until the person, a signal or the
 * chat ends it. Resolves with the exit code; what went wrong is said on stderr once the terminal is
 * whole again.
 */
export async function showChat(
  chat: JoinedChat,
  { room, isPlain }: { room?: string; isPlain: boolean },
): Promise<number> {
  // Loaded here only: those who write to pipes need no window.
  const { isFirstRun, loadConfig, markFirstRun } = await import('./tui/config-file.ts');
  const greeting = isFirstRun() ? FIRST_WORDS : [];
  if (greeting.length > 0) markFirstRun();
  const shown = room === undefined ? {} : { room };
  const config = { client: chat, config: loadConfig(), greeting, ...shown };
  const ended = isPlain
    ? await (await import('./tui/plain.ts')).runPlain(config)
    : await (await import('./tui/window.ts')).runWindow(config);
  const closed = await chat.closed;
  const error =
    ended.type === 'closed'
      ? chat.explain(ended.event)
      : undeliveredError(closed.undelivered, chat);
  if (error !== undefined) process.stderr.write(`${formatError(error)}\n`);
  if (ended.type === 'signal') return ended.exitCode;
  return error?.exitCode ?? ExitCode.ok;
}

/** Asks for a nick on the terminal. */
export async function promptNick(suggestion: string): Promise<string> {
  const { askNick } = await import('./tui/prompt.ts');
  return askNick(suggestion);
}

/** Asks for a password on the terminal; what is typed is not shown. */
export async function promptPassword(question: string): Promise<string> {
  const { askSecret } = await import('./tui/prompt.ts');
  return askSecret(question);
}
