import type { Style } from '../model/rows.ts';

/** How a style looks: colours by their 16-colour number, undefined for the terminal's own. */
interface Look {
  readonly fg?: number;
  readonly bg?: number;
  readonly bold?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

const RED = 1;
const GREEN = 2;
const YELLOW = 3;
const BLUE = 4;
const MAGENTA = 5;
const CYAN = 6;
/** Bright black; on a terminal of 8 colours it would be black on black. */
const GREY = 8;

const COLOURED: Readonly<Record<Style, Look>> = {
  text: {},
  muted: { fg: GREY },
  border: { fg: GREY },
  title: { bold: true },
  own: { fg: CYAN, bold: true },
  good: { fg: GREEN },
  warning: { fg: YELLOW, bold: true },
  error: { fg: RED, bold: true },
  direct: { fg: MAGENTA, bold: true },
  bar: { inverse: true },
  alert: { fg: YELLOW, bold: true, inverse: true },
  nick0: { fg: GREEN },
  nick1: { fg: YELLOW },
  nick2: { fg: BLUE, bold: true },
  nick3: { fg: MAGENTA },
  nick4: { fg: CYAN },
  nick5: { fg: RED },
};

/** Bits of blessed's cell attribute: flags, then 9 bits each of foreground and background. */
const BOLD = 1;
const UNDERLINE = 2;
const INVERSE = 8;
const DEFAULT_COLOUR = 0x1ff;

export type Theme = (style: Style) => number;

/** `colours`: 0 for none (NO_COLOR), else what the terminal has. Returns blessed's attribute. */
export function createTheme(colours: number): Theme {
  const attributes = new Map<Style, number>();
  for (const [style, look] of Object.entries(COLOURED) as [Style, Look][]) {
    attributes.set(style, attribute(look, colours));
  }
  return (style) => attributes.get(style) ?? attribute({}, colours);
}

function attribute(look: Look, colours: number): number {
  const colour = (value: number | undefined): number =>
    value === undefined || value >= colours ? DEFAULT_COLOUR : value;
  const flags =
    (look.bold ? BOLD : 0) | (look.underline ? UNDERLINE : 0) | (look.inverse ? INVERSE : 0);
  return (flags << 18) | (colour(look.fg) << 9) | colour(look.bg);
}
