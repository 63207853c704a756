import { activeRoom, closeRoom } from '../state.ts';
import { type Command, change, effect, error, firstWord, info, usage } from './command.ts';

/** `#` may be left out where only a room can stand. */
const roomName = (word: string): string => (word.startsWith('#') ? word : `#${word}`);

const JOIN: Command = {
  name: 'join',
  usage: '/join #ROOM [KEY]',
  help: 'go into a room; it is made if there is none',
  takes: 'room',
  run(args) {
    const { word, rest: key } = firstWord(args);
    if (word === '') return usage(JOIN);
    const room = roomName(word);
    return change((state) => ({ ...state, joining: room }), {
      type: 'join',
      room,
      ...(key !== '' && { key }),
    });
  },
};

const PART: Command = {
  name: 'part',
  usage: '/part [#ROOM] [REASON]',
  help: 'leave a room, or close a talk',
  takes: 'room',
  run(args, { room }) {
    const { word, rest } = firstWord(args);
    const named = word.startsWith('#');
    const target = named ? word : room;
    if (target.startsWith('@')) return change((state) => closeRoom(state, target));
    return effect({ type: 'part', room: target, reason: named ? rest : args });
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

const LIST: Command = {
  name: 'list',
  usage: '/list [WORD]',
  help: 'which rooms there are',
  run(args) {
    return effect({ type: 'list', query: args });
  },
};

const TOPIC: Command = {
  name: 'topic',
  usage: '/topic [TEXT]',
  help: 'what the room is about',
  run(args, state) {
    const { name: room, topic } = activeRoom(state);
    if (args !== '') return effect({ type: 'post', room, text: args, kind: 'topic' });
    return info(topic === '' ? `${room} has no topic` : `${room}: ${topic}`);
  },
};

const SEARCH: Command = {
  name: 'search',
  usage: '/search WORDS',
  help: 'look for words in all that was ever said in this room',
  run(args, { room }) {
    if (args === '') return usage(SEARCH);
    if (room.startsWith('@'))
      return error('only rooms can be searched; Ctrl-S searches the screen');
    return effect({ type: 'search', room, query: args });
  },
};

const INVITE: Command = {
  name: 'invite',
  usage: '/invite NICK',
  help: 'ask someone into this room',
  takes: 'nick',
  run(args, { room }) {
    if (!/^\S+$/.test(args)) return usage(INVITE);
    return effect({ type: 'invite', room, nick: args });
  },
};

const MODE: Command = {
  name: 'mode',
  usage: '/mode +i, +k KEY, +t, +h LINES, or with -',
  help: 'invited only, key, topic locked, shown history (founder, ops)',
  run(args, { room }) {
    if (!/^[+-][a-z](?:\s+\S+)?$/.test(args)) return usage(MODE);
    return effect({ type: 'post', room, text: args, kind: 'mode' });
  },
};

const CLOSE: Command = {
  name: 'close',
  usage: '/close',
  help: 'take this talk from the list of rooms',
  run(_args, { room }) {
    if (!room.startsWith('@')) return error('only a talk with one person; /part leaves a room');
    return change((state) => closeRoom(state, room));
  },
};

/** Rooms and who is in them. */
export const ROOM_COMMANDS: readonly Command[] = [
  JOIN,
  PART,
  LIST,
  NAMES,
  { ...NAMES, name: 'who', usage: '/who' },
  TOPIC,
  SEARCH,
  INVITE,
  MODE,
  CLOSE,
];
