import { sanitiseLine } from '../../lib/entry/words.ts';
import type { Run } from '../command.ts';
import { type CliError, ExitCode, undeliveredError } from '../errors.ts';
import { onInterrupt } from '../interrupt.ts';
import type { JoinedChat } from '../joined-chat.ts';
import { joinRoom } from '../room-chat.ts';
import { roomError } from '../room-flags.ts';

/** s to wait for a connection, and at the end for the server's answers. */
const DEFAULT_TIMEOUT = 10;
/** Lines on their way at which reading stops: half of what the client keeps. */
const PENDING_MAX = 500;

/**
 * `udpchat send HOST [PORT]`: stdin into a room; exits 0 when the server has accepted all of it.
 */
export const send: Run = async (input) => {
  const { chat, room } = await joinRoom(input, { history: 0, timeout: DEFAULT_TIMEOUT * 1000 });
  return sendInput(chat, { room, isOne: input.flags.one === true });
};

async function sendInput(
  chat: JoinedChat,
  { room, isOne }: { room: string; isOne: boolean },
): Promise<number> {
  let rejected = 0;
  let wake = (): void => {};
  let interrupted: number | undefined;
  let isClosed = false;
  let refused: CliError | undefined;
  /** Why lines were not accepted: a full disk is told once, not with each line of a file. */
  const told = new Set<string>();
  chat.on('event', (event) => {
    refused ??= roomError(event, room);
    if (event.type === 'parted') {
      chat.quit();
    } else if (event.type === 'rejected') {
      rejected += 1;
      const isSaid = refused !== undefined || event.code === 'not-in-room';
      const reason = sanitiseLine(event.reason);
      if (!isSaid && !told.has(reason)) process.stderr.write(`udpchat: not accepted: ${reason}\n`);
      told.add(reason);
    } else if (event.type === 'status' && event.status === 'reconnecting') {
      process.stderr.write(`udpchat: reconnecting: ${sanitiseLine(event.detail ?? '')}\n`);
    } else if (event.type === 'closed') {
      isClosed = true;
      process.stdin.destroy();
    }
    wake();
  });
  onInterrupt((exitCode) => {
    interrupted = exitCode;
    chat.quit();
  });
  for await (const message of isOne ? readAll() : readLines()) {
    if (message.trim() !== '') chat.post(room, message);
    while (chat.pending >= PENDING_MAX && !isClosed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  chat.quit('', { flush: true });
  const closed = await chat.closed;
  if (refused !== undefined) throw refused;
  if (interrupted !== undefined) return interrupted;
  // Why was told.
  const error = chat.explain(closed) ?? undeliveredError(rejected);
  if (error !== undefined) throw error;
  return ExitCode.ok;
}

async function* readAll(): AsyncGenerator<string> {
  let text = '';
  for await (const line of readLines()) text += `${line}\n`;
  yield text;
}

/** Lines of stdin without their ends; the last one may have none. */
async function* readLines(): AsyncGenerator<string> {
  let rest = '';
  process.stdin.setEncoding('utf8');
  try {
    for await (const chunk of process.stdin) {
      const lines = `${rest}${String(chunk)}`.split(/\r?\n/);
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    // The chat ended and closed stdin; `closed` tells why.
    if (!process.stdin.destroyed) throw error;
  }
  if (rest !== '') yield rest;
}
