import type { InputEvent } from '../input/decoder.ts';
import {
  chordsOf,
  chordText,
  KEY_COMMANDS,
  type KeyCommand,
  type Keymap,
} from '../input/keymap.ts';
import { COMMANDS } from './commands.ts';
import { layoutOf, type Step, type WindowState } from './state.ts';

/** Everything that can be done here: the keys as they are bound, then the commands. */
export function helpLines(keymap: Keymap): string[] {
  const keys = (Object.keys(KEY_COMMANDS) as KeyCommand[]).flatMap((command) => {
    const chords = chordsOf(keymap, command).map(chordText);
    return chords.length === 0 ? [] : [[chords.join(', '), KEY_COMMANDS[command]] as const];
  });
  const rooms = keys.filter(([, help]) =>
    /^the \w+th room|^the (?:first|second|third) room/.test(help),
  );
  const others = keys.filter((entry) => !rooms.includes(entry));
  const commands = COMMANDS.map(({ usage, help }) => [usage, help] as const);
  const table = (rows: readonly (readonly [string, string])[]): string[] => {
    const widest = Math.min(28, Math.max(...rows.map(([left]) => left.length)));
    return rows.map(([left, right]) => `  ${left.padEnd(widest)}  ${right}`);
  };
  return [
    'Type, press Enter. Esc closes this help; the arrows and PgDn scroll it.',
    '',
    'Keys',
    ...table([...others, ['Alt-1 … Alt-9', 'a room by its place in the list']]),
    '',
    'While a line is picked (Alt-Up)',
    ...table([
      ['r', 'answer it'],
      ['e', 'edit it, if it is yours'],
      ['d', 'delete it, if it is yours'],
      ['+', 'react to it'],
      ['c', 'copy it'],
    ]),
    '',
    'Commands',
    ...table([...commands, ['//text', 'sends a line that begins with a slash']]),
  ];
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
  const { height } = layoutOf(state).log;
  const last = Math.max(0, helpLines(state.keymap).length - height);
  const top = Math.min(last, Math.max(0, (state.help?.top ?? 0) + by));
  return [{ ...state, help: { top } }, []];
}
