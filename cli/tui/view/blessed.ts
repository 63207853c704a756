/** The one place that knows blessed, and what of its insides we rely on (neo-blessed 0.2.0). */
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import blessed from 'neo-blessed';
import { clusterWidth } from '../text/clusters.ts';

/** A cell of blessed's screen: attribute and the string that it writes for the cell, as it is. */
export type BlessedCell = [attribute: number, text: string];

/** A row of the screen; `dirty` makes blessed compare it with what the terminal shows. */
export interface BlessedLine extends Array<BlessedCell> {
  dirty: boolean;
}

/** The parts of blessed's Screen in use; @types/blessed lacks most of them. */
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

const PROCESS_EVENTS = ['uncaughtException', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'exit'];

/** Takes over the terminal: alternate screen, cleared. Leaves signals and keys to the caller. */
export function createScreen(output: WriteStream): BlessedScreen {
  const { unicode } = blessed as unknown as { unicode: { charWidth(cell: string): number } };
  unicode.charWidth = cellWidth; // blessed's own table ends before Unicode 9
  const before = PROCESS_EVENTS.map((name) => process.rawListeners(name));
  const screen = blessed.screen({
    input: new PassThrough(), // we decode the keys ourselves
    output,
    fullUnicode: true,
    // By blessed's reading of LANG, a container without a locale would get question marks.
    forceUnicode: true,
  } as object) as unknown as BlessedScreen;
  for (const [index, name] of PROCESS_EVENTS.entries()) {
    for (const listener of process.rawListeners(name)) {
      if (!before[index]?.includes(listener)) {
        process.removeListener(name, listener as (...args: unknown[]) => void);
      }
    }
  }
  // Its table of terminals is from 2015; Node knows today's.
  Object.defineProperty(screen.tput, 'colors', { value: 2 ** output.getColorDepth() });
  screen.tput.brokenACS = true; // lines as UTF-8, not in the alternate character set
  screen.program.removeAllListeners('resize'); // it would paint before we have laid out
  return screen;
}

/** A child of the screen that draws itself by `render`, in the order of creation. */
export function createPane(screen: BlessedScreen, render: () => void): BlessedPane {
  const parent = screen as unknown as blessed.Widgets.Screen;
  const pane = blessed.box({ parent, tags: false }) as unknown as BlessedPane;
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

/** A cell that leads somewhere (OSC 8); one id keeps the cells of a link together. */
export function linkCell(cell: string, href: string): string {
  let hash = 0;
  for (let i = 0; i < href.length; i++) hash = (Math.imul(hash, 31) + href.charCodeAt(i)) >>> 0;
  return `${LINK_START}id=${hash.toString(36)};${href}\x1b\\${cell}${LINK_END}`;
}

const LINK_START = '\x1b]8;';
const LINK_END = '\x1b]8;;\x1b\\';

function cellWidth(cell: string): number {
  if (cell.startsWith(LINK_START)) {
    return cellWidth(cell.slice(cell.indexOf('\x1b\\') + 2, -LINK_END.length));
  }
  if (cell.length > 1 && cell.startsWith(' ')) return cell.startsWith('  ') ? 2 : 1;
  return clusterWidth(cell);
}
