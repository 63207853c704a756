/** Tables of what terminals send for keys that are not text (xterm, rxvt, Linux, kitty's CSI u). */

const FINAL_KEYS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'center',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  S: 'f4',
};

const TILDE_KEYS: Readonly<Record<string, string>> = {
  '1': 'home',
  '2': 'insert',
  '3': 'delete',
  '4': 'end',
  '5': 'pageup',
  '6': 'pagedown',
  '7': 'home',
  '8': 'end',
  '11': 'f1',
  '12': 'f2',
  '13': 'f3',
  '14': 'f4',
  '15': 'f5',
  '17': 'f6',
  '18': 'f7',
  '19': 'f8',
  '20': 'f9',
  '21': 'f10',
  '23': 'f11',
  '24': 'f12',
};

const CODE_KEYS: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  13: 'enter',
  27: 'escape',
  127: 'backspace',
};

const CONTROL_KEYS: Readonly<Record<string, string>> = {
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'C-j',
  '\b': 'C-h',
  '\x7f': 'backspace',
  '\0': 'C-space',
  '\x1c': 'C-\\',
  '\x1d': 'C-]',
  '\x1e': 'C-^',
  '\x1f': 'C-_',
};

/**
 * The chord of a single character; undefined when it is text, '' when it is to be swallowed.
 */
export function chordOfText(char: string, prefix: '' | 'M-'): string | undefined {
  const code = char.codePointAt(0) ?? 0;
  const control = CONTROL_KEYS[char];
  if (control !== undefined) return withAlt(control, prefix);
  if (code < 0x20) return withAlt(`C-${String.fromCharCode(code + 0x60)}`, prefix);
  if (code >= 0x80 && code < 0xa0) return '';
  return prefix === '' ? undefined : `M-${char}`;
}

function withAlt(chord: string, prefix: '' | 'M-'): string {
  if (prefix === '') return chord;
  return chord.startsWith('C-') ? `C-M-${chord.slice(2)}` : `M-${chord}`;
}

/** A mouse report: where, counted from 0, and what was done. `other`: releases, other buttons. */
export interface MouseReport {
  readonly action: 'up' | 'down' | 'press' | 'other';
  readonly x: number;
  readonly y: number;
}

/** What a mouse report (without its ESC) says; undefined when it is none. */
export function parseMouse(sequence: string): MouseReport | undefined {
  const match = /^\[<(\d+);(\d+);(\d+)([Mm])$/.exec(sequence);
  if (match === null) return undefined;
  const [button, x, y] = [Number(match[1]) & ~0x1c, Number(match[2]) - 1, Number(match[3]) - 1];
  if (match[4] === 'm') return { action: 'other', x, y };
  const actions = { 0: 'press', 64: 'up', 65: 'down' } as const;
  return { action: actions[button as keyof typeof actions] ?? 'other', x, y };
}

type Chord =
  | { readonly type: 'chord'; readonly chord: string }
  | { readonly type: 'text'; readonly text: string };

/** The key of a CSI or SS3 sequence without its ESC; undefined: a reply, or no key we know. */
export function chordOfSequence(sequence: string): Chord | undefined {
  const linux = /^\[\[([A-E])$/.exec(sequence)?.[1];
  if (linux !== undefined) return chord(`f${linux.charCodeAt(0) - 64}`, 1);
  const match = /^[[O]([\d;:]*)([A-Za-z~^$@])$/.exec(sequence);
  if (match === null) return undefined;
  const [first = '', second = '', third = ''] = (match[1] ?? '').split(';');
  const modifiers = Number.parseInt(second, 10) || 1;
  const final = match[2] ?? '';
  switch (final) {
    case 'u':
      return codeChord(Number.parseInt(first, 10), modifiers);
    case 'Z':
      return chord('tab', ((modifiers - 1) | 1) + 1);
    case '~':
      if (first === '27') return codeChord(Number.parseInt(third, 10), modifiers);
      return named(TILDE_KEYS[first], modifiers);
    case '^':
      return named(TILDE_KEYS[first], 5);
    case '$':
      return named(TILDE_KEYS[first], 2);
    case '@':
      return named(TILDE_KEYS[first], 6);
    case 'R': // F3 with a modifier, or a cursor report: `1;2R` is both, and no key of ours
      return undefined;
    case 'M':
      return sequence.startsWith('O') ? chord('enter', 1) : undefined;
    default:
      return named(FINAL_KEYS[final] ?? lowerFinal(final), modifiers);
  }
}

/** rxvt: `ESC O a` is Ctrl-Up, `ESC [ a` Shift-Up; both are an arrow to us. */
function lowerFinal(final: string): string | undefined {
  return { a: 'up', b: 'down', c: 'C-right', d: 'C-left' }[final];
}

function named(name: string | undefined, modifiers: number): Chord | undefined {
  return name === undefined ? undefined : chord(name, modifiers);
}

/** CSI u and modifyOtherKeys: a code point with modifiers. */
function codeChord(code: number, modifiers: number): Chord | undefined {
  const name = CODE_KEYS[code];
  if (name !== undefined) return chord(name, modifiers);
  if (!(code >= 0x20 && code <= 0x10ffff) || (code >= 0x7f && code < 0xa0)) return undefined;
  if (code >= 0xd800 && code <= 0xf8ff) return undefined; // surrogates; kitty's keys without text
  const text = String.fromCodePoint(code);
  const bits = modifiers - 1;
  if ((bits & 6) === 0) return { type: 'text', text: bits & 1 ? text.toUpperCase() : text };
  return chord(text === ' ' ? 'space' : text.toLowerCase(), (bits & 6) + 1);
}

/** `modifiers` is xterm's: 1 + (1 Shift, 2 Alt, 4 Ctrl). */
function chord(name: string, modifiers: number): Chord {
  const bits = modifiers - 1;
  const prefix = `${bits & 4 ? 'C-' : ''}${bits & 2 ? 'M-' : ''}${bits & 1 ? 'S-' : ''}`;
  return { type: 'chord', chord: prefix + name };
}
