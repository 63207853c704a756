import { LiveLab } from '../../lib/index.ts';
import { chooseAccess } from '../access.ts';
import { promptNick, promptPassword, showChat } from '../chat-window.ts';
import { type Command, isInteractive, isPlainChat } from '../command.ts';
import { chooseNetwork, chooseSeed } from '../impair.ts';
import { JoinedChat } from '../joined-chat.ts';
import { chooseOutbox } from '../kept-outbox.ts';
import { chooseNick } from '../nick.ts';
import { chooseRoom } from '../room-flags.ts';
import { formatTarget, parseTarget } from '../target.ts';

/** `udpchat join HOST[:PORT] [PORT]`, `udpchat HOST [PORT]`: the chat window. */
export const join: Command = {
  name: 'join',
  usage: 'HOST[:PORT] [PORT]',
  summary: 'join a chat',
  flags: [
    'nick',
    'identity',
    'password-file',
    'invitation-file',
    'plaintext',
    'room',
    'data',
    'impair',
    'seed',
    'arq',
    'trace',
    'keylog',
    'plain',
    'no-color',
  ],
  least: 1,
  most: 2,
  examples: ['udpchat 192.168.1.7 5000', 'udpchat join [::1]:5000 --nick ana'],
  async run({ positionals, flags }) {
    const target = parseTarget(positionals);
    const room = chooseRoom(flags);
    const { note: _, ...network } = chooseNetwork(flags, 'client');
    const access = chooseAccess(flags, promptPassword);
    const nick = await chooseNick(flags, isInteractive() ? promptNick : undefined);
    process.stderr.write(`connecting to ${formatTarget(target)} …\n`);
    const chat = await JoinedChat.join({
      target,
      nick,
      access,
      rooms: [room],
      lab: new LiveLab({ seed: chooseSeed(flags), isAccepted: false }),
      outbox: chooseOutbox(flags, target, access),
      ...network,
    });
    return showChat(chat, { room, isPlain: isPlainChat(flags) });
  },
};
