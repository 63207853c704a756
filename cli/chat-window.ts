import { closedError, ExitCode, formatError, undeliveredError } from './errors.ts';
import type { JoinedChat } from './joined-chat.ts';

/**
 * Shows a chat in the window until the person, a signal or the chat ends it. Resolves with the exit
 * code; what went wrong is said on stderr once the terminal is whole again.
 */
export async function showChat(chat: JoinedChat, target: string): Promise<number> {
  // Loaded here only: those who write to pipes need no window.
  const [{ runWindow }, { loadConfig }] = await Promise.all([
    import('./tui/window.ts'),
    import('./tui/config-file.ts'),
  ]);
  const ended = await runWindow({ client: chat, config: loadConfig() });
  const closed = await chat.closed;
  const error =
    ended.type === 'closed'
      ? closedError(ended.event, target)
      : undeliveredError(closed.undelivered);
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
