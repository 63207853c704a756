import { nearest } from '../../suggest.ts';
import type { Effect, WindowState } from './state.ts';

/** What a line that was entered leads to. `notes` are shown in the log, only to this person. */
export interface LineResult {
  readonly effects: readonly Effect[];
  readonly notes: readonly { readonly level: 'info' | 'error'; readonly text: string }[];
}

interface Command {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  run(args: string, state: WindowState): LineResult;
}

const effect = (...effects: Effect[]): LineResult => ({ effects, notes: [] });
const info = (...lines: string[]): LineResult => ({
  effects: [],
  notes: lines.map((text) => ({ level: 'info', text })),
});
const error = (text: string): LineResult => ({ effects: [], notes: [{ level: 'error', text }] });
const usage = (command: Command): LineResult => error(`usage: ${command.usage}`);

const HELP: Command = {
  name: 'help',
  usage: '/help [command]',
  help: 'what can be typed here',
  run(args) {
    const name = args.replace(/^\//, '').toLowerCase();
    if (name === '') return info(...helpLines());
    const command = find(name);
    return command === undefined ? unknown(name) : info(`${command.usage} – ${command.help}`);
  },
};

const NICK: Command = {
  name: 'nick',
  usage: '/nick NAME',
  help: 'change your name',
  run(args) {
    return /^\S+$/.test(args) ? effect({ type: 'nick', nick: args }) : usage(NICK);
  },
};

const ME: Command = {
  name: 'me',
  usage: '/me TEXT',
  help: 'say what you do, in the third person',
  run(args, { room }) {
    if (args === '') return usage(ME);
    return effect({ type: 'post', room, text: args, kind: 'action' });
  },
};

const MSG: Command = {
  name: 'msg',
  usage: '/msg NICK TEXT',
  help: 'say something to one person only',
  run(args) {
    const [, nick, text] = /^@?(\S+)\s+([\s\S]+)$/.exec(args) ?? [];
    if (nick === undefined || text === undefined) return usage(MSG);
    return effect({ type: 'direct', nick: nick.replace(/:$/, ''), text });
  },
};

const NAMES: Command = {
  name: 'names',
  usage: '/names',
  help: 'who is in the room',
  run(_args, { room, users }) {
    const names = users.map(({ nick, presence }) =>
      presence === 'here' ? nick : `${nick} (${presence})`,
    );
    return info(names.length === 0 ? `nobody in ${room} yet` : `in ${room}: ${names.join(', ')}`);
  },
};

const QUIT: Command = {
  name: 'quit',
  usage: '/quit [REASON]',
  help: 'leave the chat',
  run(args) {
    return effect({ type: 'quit', reason: args === '' ? undefined : args });
  },
};

/** All commands; help, completion and dispatch know no others. */
export const COMMANDS: readonly Command[] = [HELP, NICK, ME, MSG, NAMES, QUIT];

const KEYS_HELP = [
  '//text sends a line that begins with a slash',
  'Alt-Enter new line · Tab completes · Up/Down history · PgUp/PgDn scroll',
  'F2 link panel · F8 user list · Ctrl-L redraw · Ctrl-C clears the line, then leaves',
];

function helpLines(): string[] {
  const widest = Math.max(...COMMANDS.map((command) => command.usage.length));
  return [...COMMANDS.map((c) => `${c.usage.padEnd(widest)}  ${c.help}`), ...KEYS_HELP];
}

function find(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name);
}

function unknown(name: string): LineResult {
  const nearest = nearestName(name);
  const hint = nearest === undefined ? 'see /help' : `did you mean /${nearest}?`;
  return error(`/${name} is not a command; ${hint} (to send it as text, type //${name})`);
}

/** Runs a command or sends the line. An unknown command is an error, never sent as chat. */
export function runLine(line: string, state: WindowState): LineResult {
  const text = line.trimEnd();
  if (text.trim() === '') return effect();
  const { room } = state;
  if (!text.startsWith('/')) return effect({ type: 'post', room, text, kind: 'text' });
  if (text.startsWith('//')) {
    return effect({ type: 'post', room, text: text.slice(1), kind: 'text' });
  }
  const [, word = '', args = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const name = word.toLowerCase();
  return find(name)?.run(args.trim(), state) ?? unknown(name);
}

/** The command that was probably meant; undefined when none is near. */
export function nearestName(name: string): string | undefined {
  const names = COMMANDS.map((command) => command.name);
  const begun = names.find((candidate) => name !== '' && candidate.startsWith(name));
  return begun ?? nearest(name, names);
}
