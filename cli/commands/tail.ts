import type { ClientEvent } from '../../lib/index.ts';
import { chooseAccess } from '../access.ts';
import type { Command } from '../command.ts';
import { closedError, ExitCode } from '../errors.ts';
import { numberFlag } from '../flags.ts';
import { chooseImpairment } from '../impair.ts';
import { onInterrupt } from '../interrupt.ts';
import { JoinedChat } from '../joined-chat.ts';
import { chooseNick } from '../nick.ts';
import { formatRecord, formatText } from '../records.ts';
import { formatTarget, parseTarget } from '../target.ts';
import { chooseRoom, chooseTimeout } from './send.ts';

/** Lines shown before the live ones, as `tail` does. */
const DEFAULT_HISTORY = 10;

/** `udpchat tail HOST [PORT]`: follows a room on stdout. */
export const tail: Command = {
  name: 'tail',
  usage: 'HOST[:PORT] [PORT]',
  summary: 'follow a room on stdout',
  flags: [
    'nick',
    'identity',
    'password-file',
    'plaintext',
    'room',
    'json',
    'history',
    'timeout',
    'impair',
    'seed',
  ],
  least: 1,
  most: 2,
  examples: ['udpchat tail 192.168.1.7 5000 --json | jq .text'],
  async run({ positionals, flags }) {
    const target = parseTarget(positionals);
    const room = chooseRoom(flags);
    const { impair, note } = chooseImpairment(flags);
    const timeout = chooseTimeout(flags);
    const history = numberFlag(flags, 'history', { least: 0, most: 1000, isWhole: true });
    const access = chooseAccess(flags);
    const nick = await chooseNick(flags);
    if (note !== undefined) process.stderr.write(`udpchat: ${note}\n`);
    const chat = await JoinedChat.join({
      target,
      nick,
      access,
      rooms: [room],
      history: history ?? DEFAULT_HISTORY,
      ...(timeout !== undefined && { timeout }),
      ...(impair !== undefined && { impair }),
    });
    return follow(chat, flags.json === true ? formatRecord : formatText, formatTarget(target));
  },
};

async function follow(
  chat: JoinedChat,
  format: (event: ClientEvent) => string | undefined,
  target: string,
): Promise<number> {
  let interrupted: number | undefined;
  const stop = (exitCode: number): void => {
    interrupted = exitCode;
    chat.quit();
  };
  onInterrupt(stop);
  // Nobody reads any more (`tail | head`): that is an end like any other.
  process.stdout.on('error', () => stop(ExitCode.ok));
  chat.on('event', (event) => {
    const line = format(event);
    if (line !== undefined) process.stdout.write(`${line}\n`);
    if (event.type === 'status' && event.status === 'reconnecting') {
      process.stderr.write(`udpchat: reconnecting: ${event.detail ?? ''}\n`);
    }
  });
  const closed = await chat.closed;
  if (interrupted !== undefined) return interrupted;
  const error = closedError(closed, target);
  if (error !== undefined) throw error;
  return ExitCode.ok;
}
