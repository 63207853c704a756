import type { InputEvent } from '../input/decoder.ts';
import {
  chordsOf,
  chordText,
  KEY_COMMANDS,
  type KeyCommand,
  type Keymap,
} from '../input/keymap.ts';
import { wrap } from '../text/wrap.ts';
import { COMMANDS } from './commands.ts';
import { layoutOf, type Step, type WindowState } from './state.ts';

/** Columns of the keys; what they do stands behind them. */
const LEFT = { least: 16, most: 30 };

/** Everything that can be done here: the keys as they are bound, then the commands. */
export function helpLines(keymap: Keymap, width: number): string[] {
  const left = Math.min(LEFT.most, Math.max(LEFT.least, Math.floor(width / 3)));
  const row = ([keys, text]: readonly [string, string]): string[] => {
    const indent = ' '.repeat(left + 2);
    const head = ` ${keys.padEnd(left)} `;
    const rows = wrap(text, Math.max(MIN_HELP_WIDTH, width - indent.length));
    if (head.length === indent.length) {
      return rows.map((part, index) => (index === 0 ? head : indent) + part);
    }
    return [head, ...rows.map((part) => indent + part)];
  };
  const section = (title: string, rows: readonly (readonly [string, string])[]): string[] => [
    '',
    title,
    ...rows.flatMap(row),
  ];
  return [
    ...wrap('Type, press Enter. Esc closes this help; the arrows and PgDn scroll it.', width),
    ...section('Keys', keyRows(keymap)),
    ...section('While a line is picked (Alt-Up)', PICK_HELP),
    ...section('Commands', [
      ...COMMANDS.map(({ usage, help }): [string, string] => [usage, help]),
      ['//text', 'sends a line that begins with a slash'],
    ]),
  ];
}

/** What help needs to be readable at all; narrower, it is cut. */
const MIN_HELP_WIDTH = 12;

const PICK_HELP: readonly (readonly [string, string])[] = [
  ['r', 'answer it; send it again, if it was refused'],
  ['e', 'edit it, if it is yours'],
  ['d', 'delete it, if you may; drop it, if it was refused'],
  ['+', 'react to it'],
  ['c', 'copy it'],
];

function keyRows(keymap: Keymap): [string, string][] {
  return (Object.keys(KEY_COMMANDS) as KeyCommand[]).flatMap((command): [string, string][] => {
    const chords = chordsOf(keymap, command).map(chordText);
    return chords.length === 0 ? [] : [[chords.join(', '), KEY_COMMANDS[command]]];
  });
}

/** Keys while the help is open; undefined: the key has its usual sense. */
export function reduceHelp(
  state: WindowState,
  event: InputEvent,
  command: KeyCommand | undefined,
): Step | undefined {
  if (event.type === 'wheel') return scrollHelp(state, event.direction === 'up' ? -3 : 3);
  if (event.type === 'text' && event.text === 'q') return [{ ...state, help: undefined }, []];
  if (event.type !== 'chord') return [state, []];
  const page = Math.max(1, layoutOf(state).log.height - 1);
  switch (command) {
    case 'previous-line':
    case 'row-up':
      return scrollHelp(state, -1);
    case 'next-line':
    case 'row-down':
      return scrollHelp(state, 1);
    case 'page-up':
      return scrollHelp(state, -page);
    case 'page-down':
      return scrollHelp(state, page);
    case 'suspend':
    case 'redraw':
      return undefined;
    default:
      return [{ ...state, help: undefined }, []];
  }
}

function scrollHelp(state: WindowState, by: number): Step {
  const { height, width } = layoutOf(state).log;
  const last = Math.max(0, helpLines(state.keymap, width).length - height);
  const top = Math.min(last, Math.max(0, (state.help?.top ?? 0) + by));
  return [{ ...state, help: { top } }, []];
}
