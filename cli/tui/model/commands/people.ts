import type { WindowState } from '../state.ts';
import { type Command, effect, firstWord, info, type LineResult, usage } from './command.ts';

const NICK: Command = {
  name: 'nick',
  usage: '/nick NAME',
  help: 'change your name',
  run(args) {
    return /^\S+$/.test(args) ? effect({ type: 'nick', nick: args }) : usage(NICK);
  },
};

const WHOIS: Command = {
  name: 'whois',
  usage: '/whois NICK',
  help: 'who someone is, and the fingerprint of their key',
  takes: 'nick',
  run(args) {
    return /^\S+$/.test(args) ? effect({ type: 'whois', nick: args }) : usage(WHOIS);
  },
};

const REGISTER: Command = {
  name: 'register',
  usage: '/register',
  help: 'keep your nick for your key, here and for good',
  run() {
    return effect({ type: 'register', isWanted: true });
  },
};

const UNREGISTER: Command = {
  name: 'unregister',
  usage: '/unregister',
  help: 'give your nick back',
  run() {
    return effect({ type: 'register', isWanted: false });
  },
};

const AWAY: Command = {
  name: 'away',
  usage: '/away [REASON]',
  help: 'say that you are not at the keyboard',
  run(args) {
    return effect({ type: 'away', reason: args });
  },
};

const BACK: Command = {
  name: 'back',
  usage: '/back',
  help: 'say that you are there again',
  run() {
    return effect({ type: 'away', reason: undefined });
  },
};

/** What those with a role may do to a person: `/kick NICK [REASON]` and its like. */
function act(
  kind: 'kick' | 'unban' | 'mute' | 'unmute' | 'op' | 'deop',
  help: string,
  least: 'ops' | 'owner' = 'ops',
): Command {
  const command: Command = {
    name: kind,
    usage: `/${kind} NICK [REASON]`,
    help: `${help} (${least})`,
    takes: 'nick',
    run(args, { room }): LineResult {
      const { word: to, rest: text } = firstWord(args);
      return to === '' ? usage(command) : effect({ type: 'post', room, text, kind, to });
    },
  };
  return command;
}

const BAN: Command = {
  name: 'ban',
  usage: '/ban [--address] NICK [REASON]',
  help: 'put someone out and keep their key out, or their address too (ops)',
  takes: 'nick',
  run(args, { room }) {
    const [, option, to, text = ''] = /^(--address\s+)?(\S+)\s*([\s\S]*)$/.exec(args) ?? [];
    if (to === undefined || to.startsWith('--')) return usage(BAN);
    const whom = option === undefined ? to : `@${to.replace(/^@/, '')}`;
    return effect({ type: 'post', room, text, kind: 'ban', to: whom });
  },
};

const IGNORE: Command = {
  name: 'ignore',
  usage: '/ignore [NICK]',
  help: 'hide what someone says, until you leave',
  takes: 'nick',
  run(args, { ignored }) {
    if (args === '') {
      const names = Array.from(ignored).join(', ');
      return info(names === '' ? 'nobody is ignored' : `ignored: ${names}`);
    }
    return ignore(args, true);
  },
};

const UNIGNORE: Command = {
  name: 'unignore',
  usage: '/unignore NICK',
  help: 'show what someone says again',
  takes: 'nick',
  run(args) {
    return args === '' ? usage(UNIGNORE) : ignore(args, false);
  },
};

function ignore(nick: string, on: boolean): LineResult {
  const key = nick.toLowerCase();
  const apply = (state: WindowState): WindowState => {
    const ignored = new Set(state.ignored);
    if (on) ignored.add(key);
    else ignored.delete(key);
    return { ...state, ignored };
  };
  const text = on ? `${nick} is ignored; /unignore ends it` : `${nick} is heard again`;
  return { ...info(text), apply };
}

/** Who we are, and what can be done to others. */
export const PEOPLE_COMMANDS: readonly Command[] = [
  NICK,
  WHOIS,
  REGISTER,
  UNREGISTER,
  AWAY,
  BACK,
  IGNORE,
  UNIGNORE,
  act('kick', 'put someone out of the chat'),
  BAN,
  act('unban', 'end a ban'),
  act('mute', 'let someone only listen'),
  act('unmute', 'end that'),
  act('op', 'make someone an operator', 'owner'),
  act('deop', 'end that', 'owner'),
];
