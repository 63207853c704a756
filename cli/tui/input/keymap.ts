import type { EditCommand } from '../model/editor.ts';

/** What keys can do to the draft, with what help says of it. */
export const EDIT_KEYS: Readonly<Record<EditCommand, string>> = {
  'backward-char': 'a character left',
  'forward-char': 'a character right',
  'backward-word': 'a word left',
  'forward-word': 'a word right',
  'beginning-of-line': 'to the start of the line',
  'end-of-line': 'to the end of the line',
  'backward-delete-char': 'delete to the left',
  'delete-char': 'delete to the right',
  'kill-line': 'cut to the end of the line',
  'backward-kill-line': 'cut to the start of the line',
  'backward-kill-word': 'cut the word to the left',
  'kill-word': 'cut the word to the right',
  yank: 'put back what was cut',
  'yank-pop': 'then: what was cut before it',
  undo: 'undo',
  'transpose-chars': 'swap two characters',
  'transpose-words': 'swap two words',
  'upcase-word': 'WORD in capitals',
  'downcase-word': 'word in small letters',
  'capitalize-word': 'Word with a capital',
  newline: 'a new line in the message',
  'previous-line': 'up, then what was sent before',
  'next-line': 'down, then back to the draft',
  'previous-history': 'what was sent before',
  'next-history': 'what was sent after it',
};

/** What else keys can do. */
const WINDOW_KEYS = {
  send: 'send',
  complete: 'complete a name, a command, a room, an :emoji:',
  'complete-back': 'the completion before',
  'search-history': 'search what was sent',
  'edit-outside': 'write in $EDITOR',
  interrupt: 'clear the draft; once more: leave',
  eof: 'delete to the right; on an empty line: leave',
  suspend: 'stop; come back with fg',
  redraw: 'paint everything again',
  escape: 'back to the newest line',
  'page-up': 'a page up',
  'page-down': 'a page down',
  'row-up': 'a row up',
  'row-down': 'a row down',
  'log-top': 'to the oldest line',
  'log-end': 'to the newest line',
  unread: 'to the first unread line',
  search: 'search the log',
  'pick-up': 'pick a line to answer, edit or copy',
  'pick-down': 'pick the line below',
  retry: 'send again what was refused',
  quoted: 'to the line that is answered',
  'next-room': 'the room below',
  'previous-room': 'the room above',
  'last-room': 'the room before this one',
  activity: 'the next room where something happened',
  'room-1': 'the first room',
  'room-2': 'the second room',
  'room-3': 'the third room',
  'room-4': 'the fourth room',
  'room-5': 'the fifth room',
  'room-6': 'the sixth room',
  'room-7': 'the seventh room',
  'room-8': 'the eighth room',
  'room-9': 'the ninth room',
  help: 'this help',
  'toggle-link': 'the link panel',
  'toggle-rooms': 'the list of rooms',
  'toggle-users': 'the list of people',
  'toggle-mouse': 'the mouse: the wheel scrolls, clicks choose',
} as const;

type WindowCommand = keyof typeof WINDOW_KEYS;
/** What a chord means in the window. */
export type KeyCommand = EditCommand | WindowCommand;

/** Every command that a key may be bound to, and its help. */
export const KEY_COMMANDS: Readonly<Record<KeyCommand, string>> = { ...WINDOW_KEYS, ...EDIT_KEYS };

export function isKeyCommand(name: string): name is KeyCommand {
  return Object.hasOwn(KEY_COMMANDS, name);
}

export function isEditCommand(name: KeyCommand): name is EditCommand {
  return Object.hasOwn(EDIT_KEYS, name);
}

/** Chords, in the decoder's spelling, that each command has unless told otherwise. */
const DEFAULT_CHORDS: Readonly<Record<KeyCommand, string>> = {
  send: 'enter',
  newline: 'M-enter, S-enter, C-j',
  complete: 'tab',
  'complete-back': 'S-tab',
  'page-up': 'pageup, M-v',
  'page-down': 'pagedown, C-v',
  'next-room': 'M-right, C-pagedown',
  'previous-room': 'M-left, C-pageup',
  activity: 'M-a',
  'last-room': 'M-/',
  'room-1': 'M-1',
  'room-2': 'M-2',
  'room-3': 'M-3',
  'room-4': 'M-4',
  'room-5': 'M-5',
  'room-6': 'M-6',
  'room-7': 'M-7',
  'room-8': 'M-8',
  'room-9': 'M-9',
  help: 'f1',
  'toggle-link': 'f2',
  'toggle-rooms': 'f7',
  'toggle-users': 'f8',
  'toggle-mouse': 'M-m',
  search: 'C-s',
  'search-history': 'C-r',
  'pick-up': 'M-up, M-k',
  'pick-down': 'M-down, M-n',
  retry: 'M-r',
  quoted: 'M-j',
  unread: 'M-g',
  'row-up': 'S-up',
  'row-down': 'S-down',
  'log-top': 'C-home',
  'log-end': 'C-end',
  escape: 'escape',
  interrupt: 'C-c',
  eof: 'C-d',
  suspend: 'C-z',
  redraw: 'C-l',
  'edit-outside': 'C-x C-e',
  'previous-line': 'up',
  'next-line': 'down',
  'previous-history': 'C-p',
  'next-history': 'C-n',
  'beginning-of-line': 'C-a, home',
  'end-of-line': 'C-e, end',
  'backward-char': 'C-b, left',
  'forward-char': 'C-f, right',
  'backward-word': 'M-b, C-left',
  'forward-word': 'M-f, C-right',
  'backward-delete-char': 'backspace, S-backspace, C-h',
  'delete-char': 'delete',
  'kill-line': 'C-k',
  'backward-kill-line': 'C-u',
  'backward-kill-word': 'C-w, M-backspace, C-backspace, C-M-h',
  'kill-word': 'M-d, C-delete',
  yank: 'C-y',
  'yank-pop': 'M-y',
  undo: 'C-_, C-x C-u',
  'transpose-chars': 'C-t',
  'transpose-words': 'M-t',
  'upcase-word': 'M-u',
  'downcase-word': 'M-l',
  'capitalize-word': 'M-c',
};

/** Chord, or two with a space between, to command. */
export type Keymap = ReadonlyMap<string, KeyCommand>;

/** The keys of someone who has not changed any; nothing else in the window knows a key. */
export const KEYMAP: Keymap = new Map(
  (Object.keys(DEFAULT_CHORDS) as KeyCommand[]).flatMap((command) =>
    DEFAULT_CHORDS[command].split(', ').map((chord): [string, KeyCommand] => [chord, command]),
  ),
);

/** The chords of a command, in the order of the map. */
export function chordsOf(keymap: Keymap, command: KeyCommand): string[] {
  return Array.from(keymap).flatMap(([chord, bound]) => (bound === command ? [chord] : []));
}

const NAMES: Readonly<Record<string, string>> = {
  pageup: 'PgUp',
  pagedown: 'PgDn',
  escape: 'Esc',
};

/** A chord as people write it: `Ctrl-A`, `Alt-Left`, `Ctrl-X Ctrl-E`. */
export function chordText(chord: string): string {
  return chord
    .split(' ')
    .map((key) => {
      const [, modifiers = '', name = ''] = /^((?:[CMS]-)*)(.+)$/.exec(key) ?? [];
      const before = modifiers.replace('C-', 'Ctrl-').replace('M-', 'Alt-').replace('S-', 'Shift-');
      return before + (NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1));
    })
    .join(' ');
}
