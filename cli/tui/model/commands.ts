import { nearest } from '../../suggest.ts';
import { CHAT_COMMANDS, say } from './commands/chat.ts';
import { type Command, effect, error, info, type LineResult } from './commands/command.ts';
import { LAB_COMMANDS } from './commands/lab.ts';
import { PEOPLE_COMMANDS } from './commands/people.ts';
import { ROOM_COMMANDS } from './commands/rooms.ts';
import { WINDOW_COMMANDS } from './commands/window.ts';
import type { WindowState } from './state.ts';

const HELP: Command = {
  name: 'help',
  takes: 'command',
  usage: '/help [command]',
  help: 'what can be typed here',
  run(args) {
    const name = args.replace(/^\//, '').toLowerCase();
    if (name === '') return info(...helpLines());
    const command = find(name);
    return command === undefined ? unknown(name) : info(`${command.usage} – ${command.help}`);
  },
};

/** All commands: help, completion and dispatch, here and with --plain, know no others. */
export const COMMANDS: readonly Command[] = [
  HELP,
  ...CHAT_COMMANDS,
  ...ROOM_COMMANDS,
  ...PEOPLE_COMMANDS,
  ...LAB_COMMANDS,
  ...WINDOW_COMMANDS,
];

const KEYS_HELP = [
  '//text sends a line that begins with a slash',
  'F1 all keys · Tab completes · Alt-Enter new line · PgUp/PgDn scroll · Ctrl-C leaves',
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
  if (!text.startsWith('/')) return say(room, text);
  if (text.startsWith('//')) return say(room, text.slice(1));
  const [, word = '', args = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const name = word.toLowerCase();
  return find(name)?.run(args.trim(), state) ?? unknown(name);
}

/** The command that was probably meant; undefined when none is near. */
export function nearestName(name: string): string | undefined {
  const names = COMMANDS.map((command) => command.name);
  const begun = names
    .filter((candidate) => name !== '' && candidate.startsWith(name))
    .sort((a, b) => a.length - b.length)[0];
  return begun ?? nearest(name, names);
}
