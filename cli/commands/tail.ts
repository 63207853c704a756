import { sanitiseLine } from '../../lib/entry/words.ts';
import type { ClientEvent } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { type CliError, ExitCode, usageError } from '../errors.ts';
import { numberFlag } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import type { JoinedChat } from '../joined-chat.ts';
import { type PastStart, PastThenLive } from '../past-reader.ts';
import { formatRecord, formatText } from '../records.ts';
import { joinRoom } from '../room-chat.ts';
import { chooseStart, roomError } from '../room-flags.ts';

/** Lines shown before the live ones, as `tail` does. */
const DEFAULT_HISTORY = 10;

/** `udpchat tail HOST [PORT]`: follows a room on stdout. */
export const tail: Run = async (input) => {
  const { flags } = input;
  const history = numberFlag(flags, 'history', { least: 0, most: 1000, isWhole: true });
  const start = chooseStart(flags);
  if (start !== undefined && history !== undefined) {
    throw usageError('--since and --history both say where to begin', 'leave one of them out');
  }
  const { chat, room } = await joinRoom(input, {
    history: start === undefined ? (history ?? DEFAULT_HISTORY) : 0,
  });
  const format = flags.json === true ? formatRecord : formatText;
  return follow(chat, { room, start, format });
};

interface FollowOptions {
  readonly room: string;
  /** Where the past begins that is shown first; undefined: with what comes by itself. */
  readonly start: PastStart | undefined;
  readonly format: (event: ClientEvent) => string | undefined;
}

async function follow(chat: JoinedChat, options: FollowOptions): Promise<number> {
  const { room, start, format } = options;
  let refused: CliError | undefined;
  let interrupted: number | undefined;
  const stop = (exitCode: number): void => {
    interrupted = exitCode;
    chat.quit();
  };
  onInterrupt(stop);
  // Nobody reads any more (`tail | head`): that is an end like any other.
  process.stdout.on('error', () => stop(ExitCode.ok));
  const show = (event: ClientEvent): void => {
    const line = format(event);
    if (line !== undefined) process.stdout.write(`${line}\n`);
  };
  const past = start === undefined ? undefined : new PastThenLive({ chat, room, start, show });
  chat.on('event', (event) => {
    refused ??= roomError(event, room);
    if (refused !== undefined) chat.quit();
    if (past === undefined) show(event);
    else past.handle(event);
    if (event.type === 'status' && event.status === 'reconnecting') {
      process.stderr.write(`udpchat: reconnecting: ${sanitiseLine(event.detail ?? '')}\n`);
    }
  });
  const closed = await chat.closed;
  if (refused !== undefined) throw refused;
  if (interrupted !== undefined) return interrupted;
  const error = chat.explain(closed);
  if (error !== undefined) throw error;
  return ExitCode.ok;
}
