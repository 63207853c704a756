import { chooseAccess } from '../access.ts';
import { promptNick, showChat } from '../chat-window.ts';
import { isInteractive, isPlainChat, type Run } from '../command.ts';
import { chooseNetwork, chooseSeed } from '../network.ts';
import { chooseNick } from '../nick.ts';
import { chooseOutbox } from '../outbox.ts';
import { chooseRoom } from '../room-flags.ts';
import { formatTarget, parseTarget } from '../target.ts';

/** `udpchat join HOST[:PORT] [PORT]`, `udpchat HOST [PORT]`: the chat window. */
export const join: Run = async ({ positionals, flags }) => {
  const target = parseTarget(positionals);
  const room = chooseRoom(flags);
  const { note: _, ...network } = await chooseNetwork(flags, 'client');
  const access = chooseAccess(flags);
  const nick = await chooseNick(flags, isInteractive() ? promptNick : undefined);
  process.stderr.write(`connecting to ${formatTarget(target)} …\n`);
  const joining = {
    target,
    nick,
    access,
    rooms: [room],
    seed: chooseSeed(flags),
    outbox: await chooseOutbox(flags, target, access),
    ...network,
  };
  return showChat(joining, { room, isPlain: isPlainChat(flags) });
};
