/** The one place that knows blessed, and what of its insides we rely on (neo-blessed 0.2.0). */
import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { clusterWidth } from '../text/clusters.ts';

/** A cell of blessed's screen: attribute and the string that it writes for the cell, as it is. */
export type BlessedCell = [attribute: number, text: string];

/** A row of the screen; `dirty` makes blessed compare it with what the terminal shows. */
export interface BlessedLine extends Array<BlessedCell> {
  dirty: boolean;
}

/** The parts of blessed's Screen in use. */
export interface BlessedScreen {
  readonly lines: BlessedLine[];
  /** What blessed believes the terminal shows. */
  readonly olines: BlessedCell[][];
  readonly dattr: number;
  readonly tput: { brokenACS: boolean };
  readonly program: {
    cols: number;
    rows: number;
    removeAllListeners(event: 'resize'): void;
    showCursor(): void;
    cup(row: number, column: number): void;
    flush(): void;
    _write(text: string): void;
  };
  enter(): void;
  leave(): void;
  alloc(): void;
  render(): void;
  draw(start: number, end: number): void;
  destroy(): void;
}

export interface BlessedPane {
  left: number;
  top: number;
  width: number;
  height: number;
  hidden: boolean;
  render: () => void;
}

type Compile = (this: unknown, info: unknown, key: string, value: unknown) => unknown;

const load = createRequire(import.meta.url);
// Only what we use of it: all its widgets would cost the start a tenth of a second.
const Screen = load('neo-blessed/lib/widgets/screen') as new (options: object) => BlessedScreen;
const Box = load('neo-blessed/lib/widgets/box') as new (options: object) => BlessedPane;
const unicode = load('neo-blessed/lib/unicode') as { charWidth(cell: string): number };
const Tput = load('neo-blessed/lib/tput') as { prototype: { _compile: Compile } };

/** Capabilities of the terminal become functions when they are used: a dozen of five hundred. */
function compileLate(compile: Compile): Compile {
  return function (info, key, value) {
    if (typeof value !== 'string' || value === '') return compile.call(this, info, key, value);
    let compiled: ((...args: unknown[]) => unknown) | undefined;
    return (...args: unknown[]) => {
      compiled ??= compile.call(this, info, key, value) as (...args: unknown[]) => unknown;
      return compiled.apply(this, args);
    };
  };
}

unicode.charWidth = cellWidth; // its own table ends before Unicode 9
Tput.prototype._compile = compileLate(Tput.prototype._compile);

const PROCESS_EVENTS = ['uncaughtException', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'exit'];

/** Takes over the terminal: alternate screen, cleared. Leaves signals and keys to the caller. */
export function createScreen(output: WriteStream): BlessedScreen {
  const before = PROCESS_EVENTS.map((name) => process.rawListeners(name));
  const screen = new Screen({
    input: new PassThrough(), // we decode the keys ourselves
    output,
    fullUnicode: true,
    // By blessed's reading of LANG, a container without a locale would get question marks.
    forceUnicode: true,
  });
  for (const [index, name] of PROCESS_EVENTS.entries()) {
    for (const listener of process.rawListeners(name)) {
      if (!before[index]?.includes(listener)) {
        process.removeListener(name, listener as (...args: unknown[]) => void);
      }
    }
  }
  // Its table of terminals is from 2015; Node knows today's.
  Object.defineProperty(screen.tput, 'colors', { value: colourCount(output) });
  screen.tput.brokenACS = true; // lines as UTF-8, not in the alternate character set
  screen.program.removeAllListeners('resize'); // it would paint before we have laid out
  return screen;
}

/** Colours that a terminal has. NO_COLOR counts elsewhere: Node takes an empty one for one. */
export function colourCount(output: WriteStream): number {
  return 2 ** output.getColorDepth({ ...process.env, NO_COLOR: undefined });
}

/** A child of the screen that draws itself by `render`, in the order of creation. */
export function createPane(screen: BlessedScreen, render: () => void): BlessedPane {
  const pane = new Box({ parent: screen, tags: false });
  pane.render = render;
  return pane;
}

/**
 * A cluster on whose width terminals disagree, written so that all that follows stays in its
 * column: blanks first, then the cluster between two absolute moves. `column` counts from 0.
 */
export function anchoredCell(text: string, column: number): string {
  const width = clusterWidth(text);
  return `${' '.repeat(width)}\x1b[${column + 1}G${text}\x1b[${column + 1 + width}G`;
}

/** The start of what leads somewhere (OSC 8); one id keeps the rows of a link together. */
export function linkStart(href: string): string {
  let hash = 0;
  for (let i = 0; i < href.length; i++) hash = (Math.imul(hash, 31) + href.charCodeAt(i)) >>> 0;
  return `${LINK_START}id=${hash.toString(36)};${href}\x1b\\`;
}

const LINK_START = '\x1b]8;';
export const LINK_END = '\x1b]8;;\x1b\\';

const LINKS = new RegExp(`${LINK_START.replace(']', '\\]')}[^\\x1b]*\\x1b\\\\`, 'g');

function cellWidth(cell: string): number {
  if (cell.length === 1) return clusterWidth(cell);
  if (cell.includes(LINK_START)) return cellWidth(cell.replace(LINKS, ''));
  if (cell.startsWith(' ')) return cell.startsWith('  ') ? 2 : 1;
  return clusterWidth(cell);
}
