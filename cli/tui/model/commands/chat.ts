import { EMOJI } from '../../text/emoji.ts';
import { drop, failedLines, sendAgain } from '../failed.ts';
import { findItem, itemAt, type LineItem } from '../log.ts';
import { directNick } from '../room.ts';
import { activeRoom, type Effect, lineBack, switchRoom, type WindowState } from '../state.ts';
import {
  type Command,
  change,
  effect,
  error,
  firstWord,
  info,
  type LineResult,
  usage,
} from './command.ts';

const ME: Command = {
  name: 'me',
  usage: '/me TEXT',
  help: 'say what you do, in the third person',
  run(args, { room }) {
    if (args === '') return usage(ME);
    return effect({ type: 'post', room, text: args, kind: 'action' });
  },
};

/** Says a line where we are: in a room, or to the one person of a talk. */
export function say(room: string, text: string): LineResult {
  const nick = directNick(room);
  return effect(
    nick === undefined
      ? { type: 'post', room, text, kind: 'text' }
      : { type: 'direct', nick, text },
  );
}

const MSG: Command = {
  name: 'msg',
  takes: 'nick',
  usage: '/msg NICK TEXT',
  help: 'say something to one person only',
  run(args) {
    const [, nick, text] = /^@?(\S+)\s+([\s\S]+)$/.exec(args) ?? [];
    if (nick === undefined || text === undefined) return usage(MSG);
    return effect({ type: 'direct', nick: nick.replace(/:$/, ''), text });
  },
};

const QUERY: Command = {
  name: 'query',
  takes: 'nick',
  usage: '/query NICK [TEXT]',
  help: 'talk with one person only, in a room of its own',
  run(args) {
    const [, nick, text = ''] = /^@?(\S+)\s*([\s\S]*)$/.exec(args) ?? [];
    if (nick === undefined) return usage(QUERY);
    const effects: Effect[] = text === '' ? [] : [{ type: 'direct', nick, text }];
    return change((state) => switchRoom(state, `@${nick}`), ...effects);
  },
};

/**
 * The line that a person means: `2` is the second newest, `#17` the one with that number. `own`:
 * only lines of ours count.
 */
function lineOf(word: string, state: WindowState, own: boolean): LineItem | undefined {
  const room = activeRoom(state);
  const [, hash, digits] = /^(#?)(\d{1,15})$/.exec(word) ?? [];
  if (digits === undefined) return undefined;
  if (hash === '') return lineBack(room, Number(digits), own);
  const { log } = room;
  const isIt = (seq: number): boolean => seq === Number(digits);
  const index = findItem(log, log.end - 1, -1, (item) => item.type === 'line' && isIt(item.seq));
  const item = index === undefined ? undefined : itemAt(log, index);
  return item?.type === 'line' ? item : undefined;
}

const NO_LINE = error('there is no such line here; 1 is the newest, Alt-Up picks one');

/** A post about an earlier line. */
function about(
  kind: 'text' | 'edit' | 'delete' | 'react' | 'unreact',
  text: string,
  line: LineItem,
  { room }: WindowState,
): LineResult {
  if (line.seq === 0) return error('only lines of a room can be answered or changed');
  return effect({ type: 'post', room, text, kind, ref: line.seq });
}

const NONE_REFUSED = info('nothing was refused here');

const REPLY: Command = {
  name: 'reply',
  usage: '/reply [N] TEXT',
  help: 'answer the N-th newest line (1 unless told)',
  run(args, state) {
    const { word, rest } = firstWord(args);
    const isNumbered = /^#?\d+$/.test(word) && rest !== '';
    const line = lineOf(isNumbered ? word : '1', state, false);
    const text = isNumbered ? rest : args;
    if (text === '') return usage(REPLY);
    return line === undefined ? NO_LINE : about('text', text, line, state);
  },
};

const EDIT: Command = {
  name: 'edit',
  usage: '/edit [N] TEXT',
  help: 'give your N-th newest line another text',
  run(args, state) {
    const { word, rest } = firstWord(args);
    const isNumbered = /^#?\d+$/.test(word) && rest !== '';
    const line = lineOf(isNumbered ? word : '1', state, true);
    const text = isNumbered ? rest : args;
    if (text === '') return usage(EDIT);
    return line === undefined ? NO_LINE : about('edit', text, line, state);
  },
};

const DELETE: Command = {
  name: 'delete',
  usage: '/delete [N]',
  help: 'take back your N-th newest line',
  run(args, state) {
    const line = lineOf(args === '' ? '1' : args, state, true);
    return line === undefined ? NO_LINE : about('delete', '', line, state);
  },
};

const REACT: Command = {
  name: 'react',
  usage: '/react [N] EMOJI',
  help: 'react to the N-th newest line; again: take it back',
  run(args, state) {
    const { word, rest } = firstWord(args);
    const given = rest === '' ? word : rest;
    const emoji = EMOJI.get(/^:(\S+):$/.exec(given)?.[1] ?? '') ?? given;
    const line = lineOf(rest === '' ? '1' : word, state, false);
    if (emoji === '') return usage(REACT);
    if (line === undefined) return NO_LINE;
    const made = line.reactions?.find((reaction) => reaction.emoji === emoji);
    const isOn = made?.nicks.includes(state.nick) === true;
    return about(isOn ? 'unreact' : 'react', emoji, line, state);
  },
};

const RETRY: Command = {
  name: 'retry',
  usage: '/retry',
  help: 'send again what was refused here (Alt-R; Alt-Up picks one line)',
  run(_args, state) {
    const lines = failedLines(activeRoom(state));
    if (lines.length === 0) return NONE_REFUSED;
    const [, effects] = sendAgain(state, lines);
    return change((before) => drop(before, lines), ...effects);
  },
};

const DISCARD: Command = {
  name: 'discard',
  usage: '/discard',
  help: 'forget what was refused here',
  run(_args, state) {
    const lines = failedLines(activeRoom(state));
    return lines.length === 0 ? NONE_REFUSED : change((before) => drop(before, lines));
  },
};

/** What can be said, and done with what was said. */
export const CHAT_COMMANDS: readonly Command[] = [
  ME,
  MSG,
  QUERY,
  REPLY,
  EDIT,
  DELETE,
  REACT,
  RETRY,
  DISCARD,
];
