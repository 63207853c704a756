import type { ClientEvent } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { CliError, ExitCode } from '../errors.ts';
import { onInterrupt } from '../interrupt.ts';
import type { JoinedChat } from '../joined-chat.ts';
import { PastReader } from '../past-reader.ts';
import { formatRecord, formatText } from '../records.ts';
import { joinRoom } from '../room-chat.ts';
import { chooseStart, roomError } from '../room-flags.ts';

/** `udpchat export HOST [PORT]`: all that a room's log has, on stdout; then it ends. */
export const exportLog: Run = async (input) => {
  const { flags } = input;
  const start = chooseStart(flags) ?? { after: 0 };
  const { chat, room } = await joinRoom(input, { history: 0 });
  const format = flags.json === true ? formatRecord : formatText;
  return writeAll(chat, { room, start, format });
};

async function writeAll(
  chat: JoinedChat,
  options: {
    readonly room: string;
    readonly start: { readonly after: number } | { readonly since: number };
    readonly format: (event: ClientEvent) => string | undefined;
  },
): Promise<number> {
  const { room, start, format } = options;
  let isComplete = false;
  let refused: CliError | undefined;
  let interrupted: number | undefined;
  const stop = (exitCode: number): void => {
    interrupted = exitCode;
    chat.quit();
  };
  onInterrupt(stop);
  process.stdout.on('error', () => stop(ExitCode.ok));
  const reader = new PastReader({
    chat,
    room,
    start,
    onEntry: (entry) => {
      const line = format(entry);
      if (line !== undefined) process.stdout.write(`${line}\n`);
    },
    onEnd: () => {
      isComplete = true;
      chat.quit();
    },
  });
  chat.on('event', (event) => {
    reader.handle(event);
    refused ??= roomError(event, room);
    if (refused !== undefined) chat.quit();
  });
  const closed = await chat.closed;
  if (refused !== undefined) throw refused;
  if (interrupted !== undefined) return interrupted;
  const error = chat.explain(closed);
  if (error !== undefined) throw error;
  if (isComplete) return ExitCode.ok;
  throw new CliError('the connection ended before all was read', { exitCode: ExitCode.other });
}
