import { chooseAccess } from './access.ts';
import type { Run } from './command.ts';
import { JoinedChat } from './joined-chat.ts';
import { chooseNetwork } from './network.ts';
import { chooseNick } from './nick.ts';
import { chooseOutbox } from './outbox.ts';
import { chooseRoom, chooseTimeout } from './room-flags.ts';
import { parseTarget } from './target.ts';

export interface RoomChatOptions {
  /** Lines of the past that come by themselves. */
  readonly history: number;
  /** ms to wait for a connection unless `--timeout` says so; for ever unless told. */
  readonly timeout?: number;
}

/** Comes into one room without a window, as the flags of `send`, `tail` and `export` say. */
export async function joinRoom(
  { positionals, flags }: Parameters<Run>[0],
  { history, timeout: patience }: RoomChatOptions,
): Promise<{ readonly chat: JoinedChat; readonly room: string }> {
  const target = parseTarget(positionals);
  const room = chooseRoom(flags);
  const { note, ...network } = await chooseNetwork(flags, 'client');
  const timeout = chooseTimeout(flags) ?? patience;
  const access = chooseAccess(flags);
  const nick = await chooseNick(flags);
  if (note !== undefined) process.stderr.write(`udpchat: ${note}\n`);
  const chat = await JoinedChat.join({
    target,
    nick,
    access,
    rooms: [room],
    outbox: await chooseOutbox(flags, target, access),
    history,
    ...network,
    ...(timeout !== undefined && { timeout }),
  });
  return { chat, room };
}
