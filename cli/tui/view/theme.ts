import type { Style } from '../model/rows.ts';

/** How a style looks: colours by their 16-colour number, undefined for the terminal's own. */
export interface Look {
  readonly fg?: number | undefined;
  readonly bg?: number | undefined;
  readonly bold?: boolean | undefined;
  readonly underline?: boolean | undefined;
  readonly inverse?: boolean | undefined;
}

export type Looks = Readonly<Record<Style, Look>>;

/** Names of the colours that every terminal has, at their numbers. */
export const COLOURS = [
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white',
  'bright-black',
  'bright-red',
  'bright-green',
  'bright-yellow',
  'bright-blue',
  'bright-magenta',
  'bright-cyan',
  'bright-white',
] as const;

const [, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, , GREY] = COLOURS.keys();

/** What tells things apart without any colour: also what NO_COLOR leaves of every theme. */
const MONO: Looks = {
  text: {},
  muted: {},
  border: {},
  title: { bold: true },
  own: { bold: true },
  good: {},
  warning: { bold: true },
  error: { bold: true },
  bar: { inverse: true },
  alert: { bold: true, inverse: true },
  link: { underline: true },
  code: {},
  mention: { bold: true, underline: true },
  match: { inverse: true },
  picked: { inverse: true },
  active: { bold: true },
  spark: {},
  toast: { bold: true, inverse: true },
  nick0: {},
  nick1: {},
  nick2: {},
  nick3: {},
  nick4: {},
  nick5: {},
};

const DEFAULT: Looks = {
  ...MONO,
  muted: { fg: GREY },
  border: { fg: GREY },
  own: { fg: CYAN, bold: true },
  good: { fg: GREEN },
  warning: { fg: YELLOW, bold: true },
  error: { fg: RED, bold: true },
  alert: { fg: YELLOW, bold: true, inverse: true },
  link: { fg: BLUE, underline: true },
  code: { fg: CYAN },
  mention: { fg: MAGENTA, bold: true },
  match: { fg: YELLOW, inverse: true },
  active: { fg: CYAN, bold: true, inverse: true },
  spark: { fg: CYAN },
  toast: { fg: MAGENTA, bold: true, inverse: true },
  nick0: { fg: GREEN },
  nick1: { fg: YELLOW },
  nick2: { fg: BLUE, bold: true },
  nick3: { fg: MAGENTA },
  nick4: { fg: CYAN },
  nick5: { fg: RED },
};

/** On white, yellow and cyan are hard to read. */
const LIGHT: Looks = {
  ...DEFAULT,
  own: { fg: BLUE, bold: true },
  warning: { fg: RED, bold: true },
  alert: { fg: RED, bold: true, inverse: true },
  code: { fg: MAGENTA },
  match: { bold: true, inverse: true },
  active: { fg: BLUE, bold: true, inverse: true },
  spark: { fg: BLUE },
  nick1: { fg: MAGENTA, bold: true },
  nick4: { fg: BLUE },
};

export const THEMES: Readonly<Record<'default' | 'light' | 'mono', Looks>> = {
  default: DEFAULT,
  light: LIGHT,
  mono: MONO,
};

/** Bits of blessed's cell attribute: flags, then 9 bits each of foreground and background. */
const BOLD = 1;
const UNDERLINE = 2;
const INVERSE = 8;
const DEFAULT_COLOUR = 0x1ff;

export type Theme = (style: Style) => number;

/** `colours`: 0 for none (NO_COLOR), else what the terminal has. Returns blessed's attribute. */
export function createTheme(colours: number, looks: Looks = THEMES.default): Theme {
  const attributes = new Map<Style, number>();
  for (const style of Object.keys(MONO) as Style[]) {
    // Without colours the mono look keeps apart what only a colour did.
    const look = colours === 0 ? MONO[style] : looks[style];
    attributes.set(style, attribute(look, colours));
  }
  return (style) => attributes.get(style) ?? attribute({}, colours);
}

function attribute(look: Look, colours: number): number {
  // Bright black on a terminal of 8 colours would be black on black.
  const colour = (value: number | undefined): number =>
    value === undefined || value >= colours ? DEFAULT_COLOUR : value;
  const flags =
    (look.bold ? BOLD : 0) | (look.underline ? UNDERLINE : 0) | (look.inverse ? INVERSE : 0);
  return (flags << 18) | (colour(look.fg) << 9) | colour(look.bg);
}

export function isStyle(name: string): name is Style {
  return Object.hasOwn(MONO, name);
}

/** `cyan bold`, `yellow on blue`, `inverse`: a look as written in the configuration. */
export function parseLook(text: string): Look | undefined {
  const look: { -readonly [key in keyof Look]: Look[key] } = {};
  let side: 'fg' | 'bg' = 'fg';
  for (const word of text.trim().split(/\s+/)) {
    const colour = COLOURS.findIndex((name) => name === word);
    if (colour !== -1) look[side] = colour;
    else if (word === 'on') side = 'bg';
    else if (word === 'bold' || word === 'underline' || word === 'inverse') look[word] = true;
    else if (word !== 'default' && word !== '') return undefined;
  }
  return look;
}
