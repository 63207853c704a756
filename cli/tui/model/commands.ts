import { nearest } from '../../suggest.ts';
import { findUrls } from '../text/markup.ts';
import { goTo, goToIndex } from './jump.ts';
import { EMPTY_LOG, findItem } from './log.ts';
import { directNick } from './room.ts';
import { isSettingName, SETTINGS, type SettingName, settingText, withSetting } from './settings.ts';
import {
  activeRoom,
  closeRoom,
  type Effect,
  switchRoom,
  updateActive,
  type WindowState,
} from './state.ts';

/** What a line that was entered leads to. `notes` are shown in the log, only to this person. */
export interface LineResult {
  readonly effects: readonly Effect[];
  readonly notes: readonly { readonly level: 'info' | 'error'; readonly text: string }[];
  /** What changes in the window itself. */
  readonly apply?: (state: WindowState) => WindowState;
}

interface Command {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  run(args: string, state: WindowState): LineResult;
}

const effect = (...effects: Effect[]): LineResult => ({ effects, notes: [] });
const change = (apply: (state: WindowState) => WindowState, ...effects: Effect[]): LineResult => ({
  effects,
  notes: [],
  apply,
});
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
  run(_args, state) {
    const { name: room, users } = activeRoom(state);
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

const QUERY: Command = {
  name: 'query',
  usage: '/query NICK [TEXT]',
  help: 'talk with one person only, in a room of its own',
  run(args) {
    const [, nick, text = ''] = /^@?(\S+)\s*([\s\S]*)$/.exec(args) ?? [];
    if (nick === undefined) return usage(QUERY);
    const effects: Effect[] = text === '' ? [] : [{ type: 'direct', nick, text }];
    return change((state) => switchRoom(state, `@${nick}`), ...effects);
  },
};

const CLOSE: Command = {
  name: 'close',
  usage: '/close',
  help: 'take this talk from the list of rooms',
  run(_args, { room }) {
    if (!room.startsWith('@')) return error('only a talk with one person can be closed so');
    return change((state) => closeRoom(state, room));
  },
};

const CLEAR: Command = {
  name: 'clear',
  usage: '/clear',
  help: 'empty the log on this screen',
  run() {
    return change((state) =>
      updateActive(state, (room) => {
        const { end } = room.log;
        const log = { ...EMPTY_LOG, first: end, end };
        return { ...room, log, readMark: undefined, unseen: 0, position: { type: 'follow' } };
      }),
    );
  },
};

/** Addresses that /urls lists at most. */
const MAX_URLS = 20;

const URLS: Command = {
  name: 'urls',
  usage: '/urls [N]',
  help: 'the latest addresses of this room; with N, copies that one',
  run(args, state) {
    const urls = latestUrls(state);
    if (urls.length === 0) return info('no addresses in this room yet');
    if (args === '') return info(...urls.map((url, index) => `${index + 1}  ${url}`));
    const text = urls[Number(args) - 1];
    if (text === undefined) return error(`there is no address ${args}; see /urls`);
    return {
      effects: [{ type: 'copy', text }],
      notes: [{ level: 'info', text: `copied ${text}` }],
    };
  },
};

/** The addresses that were said last, the newest first, each once. */
export function latestUrls(state: WindowState): string[] {
  const { log } = activeRoom(state);
  const found = new Set<string>();
  findItem(log, log.end - 1, -1, (item) => {
    if (item.type === 'line') for (const url of findUrls(item.text).toReversed()) found.add(url);
    return found.size >= MAX_URLS;
  });
  return Array.from(found).slice(0, MAX_URLS);
}

const GOTO: Command = {
  name: 'goto',
  usage: '/goto HH:MM, YYYY-MM-DD [HH:MM], top, unread, end',
  help: 'show an earlier part of the log',
  run(args, state) {
    const index = goTo(state, args.toLowerCase());
    if (index === undefined) return usage(GOTO);
    return change((before) => goToIndex(before, index));
  },
};

const SET: Command = {
  name: 'set',
  usage: '/set [NAME [VALUE]]',
  help: 'show or change a setting; it is kept for the next time',
  run(args, { settings }) {
    const [name = '', value] = args.split(/\s+/);
    const row = (key: SettingName): string => {
      const { values, help } = SETTINGS[key];
      return `${key} = ${settingText(settings, key)} (${values.join(', ')}): ${help}`;
    };
    if (name === '') return info(...Object.keys(SETTINGS).filter(isSettingName).map(row));
    if (!isSettingName(name)) {
      const near = nearest(name, Object.keys(SETTINGS));
      return error(`there is no setting ${name}; ${near ? `did you mean ${near}?` : 'see /set'}`);
    }
    if (value === undefined) return info(row(name));
    const changed = withSetting(settings, name, value);
    if (changed === undefined) {
      return error(`${name} takes ${SETTINGS[name].values.join(', ')}; not ${value}`);
    }
    const effects: Effect[] = [{ type: 'save-setting', name, value: changed[name] }];
    if (name === 'mouse') effects.push({ type: 'mouse', on: changed.mouse });
    const { mouse, users: showUsers, link: showLink } = changed;
    return {
      effects,
      notes: [{ level: 'info', text: `${name} is now ${value}` }],
      apply: (state) => ({ ...state, settings: changed, mouse, showUsers, showLink }),
    };
  },
};

const TRACE: Command = {
  name: 'trace',
  usage: '/trace last, /trace N',
  help: 'how the packets of your last (or N-th last) line fared',
  run(args) {
    if (!/^(?:last|[1-9]\d{0,2})$/.test(args)) return usage(TRACE);
    return effect({ type: 'trace', back: args === 'last' ? 1 : Number(args) });
  },
};

/** All commands; help, completion and dispatch know no others. */
export const COMMANDS: readonly Command[] = [
  HELP,
  NICK,
  ME,
  MSG,
  QUIT,
  QUERY,
  CLOSE,
  NAMES,
  URLS,
  GOTO,
  CLEAR,
  TRACE,
  SET,
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

function say(room: string, text: string): LineResult {
  const nick = directNick(room);
  return effect(
    nick === undefined
      ? { type: 'post', room, text, kind: 'text' }
      : { type: 'direct', nick, text },
  );
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
  const begun = names.find((candidate) => name !== '' && candidate.startsWith(name));
  return begun ?? nearest(name, names);
}
