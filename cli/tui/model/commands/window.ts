import { nearest } from '../../../suggest.ts';
import { findUrls } from '../../text/markup.ts';
import { goTo, goToIndex, seek } from '../jump.ts';
import { emptyLogAt, findItem, itemAt } from '../log.ts';
import { labText } from '../room.ts';
import {
  isSettingName,
  SETTINGS,
  type SettingName,
  settingText,
  withSetting,
} from '../settings.ts';
import {
  activeRoom,
  type Effect,
  lineBack,
  type RoomState,
  switchRoom,
  updateActive,
  type WindowState,
} from '../state.ts';
import { FOLLOW } from '../viewport.ts';
import { type Command, change, effect, error, info, usage } from './command.ts';

const QUIT: Command = {
  name: 'quit',
  usage: '/quit [REASON]',
  help: 'leave the chat',
  run(args) {
    return effect({ type: 'quit', reason: args === '' ? undefined : args });
  },
};

const CLEAR: Command = {
  name: 'clear',
  usage: '/clear',
  help: 'empty the log on this screen',
  run() {
    return change((state) =>
      updateActive(state, (room) => {
        const log = emptyLogAt(room.log.end);
        const pending = room.pending.filter(({ mark }) => mark !== 'failed');
        const newest = newestSeq(room);
        const past = newest === 0 ? room.past : { ...room.past, oldest: newest + 1, isAll: false };
        const shown = { readMark: undefined, unseen: 0, position: FOLLOW };
        return { ...room, log, pending, past, ...shown };
      }),
    );
  },
};

/** The number of the newest line that a room shows; 0: none. */
function newestSeq({ log }: RoomState): number {
  const index = findItem(log, log.end - 1, -1, (item) => item.type === 'line' && item.seq > 0);
  const item = index === undefined ? undefined : itemAt(log, index);
  return item?.type === 'line' ? item.seq : 0;
}

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
    const place = goTo(state, args.toLowerCase());
    if (place === undefined) return usage(GOTO);
    return change((before) =>
      typeof place === 'number' ? goToIndex(before, place) : seek(before, place),
    );
  },
};

const SET: Command = {
  name: 'set',
  takes: 'setting',
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
    if (name === 'lab') effects.push({ type: 'accept-lab', isAccepted: changed.lab });
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
  run(args, state) {
    if (!/^(?:last|[1-9]\d{0,2})$/.test(args)) return usage(TRACE);
    const room = activeRoom(state);
    const back = args === 'last' ? 1 : Number(args);
    // Lines that are still on their way come last.
    const waiting = room.pending.at(-back);
    const line = waiting ?? lineBack(room, back - room.pending.length, true);
    if (line === undefined) return error('you have said less than that here');
    return effect({ type: 'trace', line });
  },
};

const ROOM: Command = {
  name: 'room',
  usage: '/room [NAME or N]',
  help: 'show another of your rooms; alone: which there are',
  run(args, { rooms, room }) {
    if (args === '') {
      return info(
        ...rooms.map(({ name, unread }, index) => {
          const here = name === room ? ' (here)' : '';
          return `${index + 1}  ${name}${unread > 0 ? `  ${unread} unread` : ''}${here}`;
        }),
      );
    }
    const target = rooms.find(({ name }, index) => name === args || String(index + 1) === args);
    if (target === undefined) return error(`you are not in ${args}; /join goes there`);
    return change((state) => switchRoom(state, target.name));
  },
};

const LINK: Command = {
  name: 'link',
  usage: '/link',
  help: 'the figures of the connection, as text',
  run(_args, state) {
    const { stats, settings } = state;
    const { lab } = activeRoom(state);
    const told = lab === undefined ? [] : [labText(lab, settings)];
    if (stats === undefined) return info('no figures yet', ...told);
    const { srtt, lossOut, lossIn, retransmits, copies, cwnd } = stats;
    const share = (loss: number): string => `${(loss * 100).toFixed(1)} %`;
    return info(
      `round trip ${srtt.toFixed(1)} ms · loss ${share(lossOut)} out, ${share(lossIn)} in`,
      `${retransmits} sent again · ${copies} copies · window ${Math.round(cwnd / 1000)} kB`,
      ...told,
    );
  },
};

/** The window itself. */
export const WINDOW_COMMANDS: readonly Command[] = [
  ROOM,
  URLS,
  GOTO,
  CLEAR,
  LINK,
  TRACE,
  SET,
  QUIT,
];
