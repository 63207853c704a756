import { chooseAccess } from '../access.ts';
import { promptNick, promptPassword, showChat } from '../chat-window.ts';
import { type Command, isInteractive } from '../command.ts';
import { usageError } from '../errors.ts';
import { chooseImpairment } from '../impair.ts';
import { JoinedChat } from '../joined-chat.ts';
import { chooseNick } from '../nick.ts';
import { formatTarget, parseTarget } from '../target.ts';

/** `udpchat join HOST[:PORT] [PORT]`, `udpchat HOST [PORT]`: the chat window. */
export const join: Command = {
  name: 'join',
  usage: 'HOST[:PORT] [PORT]',
  summary: 'join a chat',
  flags: ['nick', 'identity', 'password-file', 'plaintext', 'impair', 'seed', 'no-color'],
  least: 1,
  most: 2,
  examples: ['udpchat 192.168.1.7 5000', 'udpchat join [::1]:5000 --nick ana'],
  async run({ positionals, flags }) {
    const target = parseTarget(positionals);
    if (!isInteractive()) {
      const hint = 'to write from a script: udpchat send; to read: udpchat tail';
      throw usageError('join shows a window and needs a terminal', hint);
    }
    const { impair } = chooseImpairment(flags);
    const access = chooseAccess(flags, promptPassword);
    const nick = await chooseNick(flags, promptNick);
    process.stderr.write(`connecting to ${formatTarget(target)} …\n`);
    const chat = await JoinedChat.join({
      target,
      nick,
      access,
      ...(impair !== undefined && { impair }),
    });
    return showChat(chat, formatTarget(target));
  },
};
