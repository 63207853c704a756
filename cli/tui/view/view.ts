import type { WriteStream } from 'node:tty';
import type { Layout, Rect } from '../model/layout.ts';
import type { Style } from '../model/rows.ts';
import { activeRoom, layoutOf, type WindowState } from '../model/state.ts';
import { isPlain } from '../text/clusters.ts';
import {
  anchoredCell,
  type BlessedLine,
  type BlessedPane,
  type BlessedScreen,
  colourCount,
  createPane,
  createScreen,
  LINK_END,
  linkStart,
} from './blessed.ts';
import { Canvas } from './canvas.ts';
import { paintFrame, thumbRow } from './frame-pane.ts';
import { cursorPosition, paintInput } from './input-pane.ts';
import { paintLink } from './link-pane.ts';
import { paintLog } from './log-pane.ts';
import type { Painter } from './painter.ts';
import { paintRooms, paintUsers } from './side-panes.ts';
import { paintStatus } from './status-pane.ts';
import { createTheme, type Looks, type Theme } from './theme.ts';

/** DEC 2026: the terminal shows a frame whole. Terminals that don't know it ignore it. */
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';

export type PaneName = 'log' | 'rooms' | 'users' | 'link' | 'status' | 'input';

/** Every pane but the frame around them, in the order of painting. */
export const PAINTERS: Readonly<Record<PaneName, Painter>> = {
  log: paintLog,
  rooms: paintRooms,
  users: paintUsers,
  link: paintLink,
  status: paintStatus,
  input: paintInput,
};

/** All that a pane shows, for those that seldom change; the others are painted with each frame. */
export const NEEDS: Readonly<
  Partial<Record<PaneName | 'frame', (state: WindowState, layout: Layout) => readonly unknown[]>>
> = {
  frame: (state, { log }) => {
    const room = activeRoom(state);
    return [room.name, room.topic, state.help === undefined, thumbRow(room, log)];
  },
  users: (state) => {
    const { users, total } = activeRoom(state);
    return [users, total, state.nick];
  },
  link: (state) => {
    const { stats, history, settings } = state;
    return [stats, history, settings.lab, activeRoom(state).lab];
  },
  input: (state) => [activeRoom(state).editor, state.search],
};

export interface ViewOptions {
  readonly output: WriteStream;
  /** See https://no-color.org. */
  readonly noColour: boolean;
  /** Whether the terminal knows links (OSC 8), or at least what to leave out. */
  readonly links: boolean;
  readonly looks: Looks;
  readonly state: WindowState;
}

/** Paints states on the terminal; blessed keeps what is shown and writes what has changed. */
export class View {
  readonly #screen: BlessedScreen;
  readonly #colours: number;
  readonly #hasLinks: boolean;
  #theme: Theme;
  readonly #panes = new Map<PaneName, BlessedPane>();
  #state: WindowState;
  #layout: Layout;
  /** Rows with a cluster that a terminal may have drawn wider than we think. */
  readonly #riskyRows = new Set<number>();
  readonly #canvases = new Map<PaneName | 'frame', Canvas>();
  /** What the panes showed when they were painted. */
  readonly #shown = new Map<string, readonly unknown[]>();
  /** Where the terminal's cursor was left. */
  #cursor = { x: -1, y: -1 };
  #isInFrame = false;
  #isDraftOnly = false;

  /** Takes over the terminal. */
  constructor(options: ViewOptions) {
    this.#screen = createScreen(options.output);
    this.#colours = options.noColour ? 0 : colourCount(options.output);
    this.#hasLinks = options.links;
    this.#theme = this.#themeOf(options.looks);
    this.#state = options.state;
    this.#layout = layoutOf(options.state);
    createPane(this.#screen, () => this.#renderFrame());
    for (const name of Object.keys(PAINTERS) as PaneName[]) {
      this.#panes.set(
        name,
        createPane(this.#screen, () => this.#renderPane(name)),
      );
    }
    this.#place();
    const draw = this.#screen.draw.bind(this.#screen);
    this.#screen.draw = (start, end) => {
      if (!this.#repairRiskyRows()) return;
      this.#beginFrame();
      draw(start, end);
    };
  }

  /** Other colours from the next frame on; `redraw` is due. */
  setLooks(looks: Looks): void {
    this.#theme = this.#themeOf(looks);
  }

  #themeOf(looks: Looks): Theme {
    return createTheme(this.#colours, looks);
  }

  /**
   * Paints the draft and nothing else: what a key that only wrote in it has changed. Cheaper than a
   * frame, when others talk so much that everything else has changed since the last one.
   */
  renderDraft(state: WindowState): void {
    this.#isDraftOnly = isSameLayout(this.#layout, layoutOf(state));
    this.render(state);
    this.#isDraftOnly = false;
  }

  /** Paints one frame. */
  render(state: WindowState): void {
    const before = this.#layout;
    this.#state = state;
    this.#layout = layoutOf(state);
    const { program, lines } = this.#screen;
    if (lines.length !== this.#layout.rows || lines[0]?.length !== this.#layout.columns) {
      this.#allocate();
    }
    if (!isSameLayout(before, this.#layout)) this.#place();
    this.#screen.render();
    const cursor = cursorPosition(state, this.#layout);
    if (cursor.x !== this.#cursor.x || cursor.y !== this.#cursor.y) this.#beginFrame();
    this.#cursor = cursor;
    if (!this.#isInFrame) return; // the terminal shows all this already
    this.#isInFrame = false;
    program.cup(cursor.y, cursor.x);
    program.showCursor();
    program._write(END_FRAME);
    program.flush();
  }

  #beginFrame(): void {
    if (!this.#isInFrame) this.#screen.program._write(BEGIN_FRAME);
    this.#isInFrame = true;
  }

  /** Forgets what the terminal shows and paints everything. */
  redraw(state: WindowState): void {
    this.#layout = layoutOf(state);
    this.#allocate();
    this.#place();
    this.#cursor = { x: -1, y: -1 };
    this.render(state);
  }

  /** Gives the terminal back, with what it showed before. Harmless when it was given back. */
  leave(): void {
    this.#screen.leave();
    this.#screen.program.flush();
  }

  /** Takes the terminal again after `leave`. */
  enter(): void {
    this.#screen.enter();
  }

  #renderFrame(): void {
    if (this.#isDraftOnly || !this.#isStale('frame')) return;
    const { columns, rows } = this.#layout;
    const canvas = this.#canvasOf('frame', { width: columns, height: rows });
    paintFrame(canvas, this.#state, this.#layout);
    this.#copy(canvas, { left: 0, top: 0, width: canvas.width, height: canvas.height }, true);
  }

  #renderPane(name: PaneName): void {
    const rect = this.#layout[name];
    if (this.#isDraftOnly && name !== 'input') return;
    if (rect === undefined || !this.#isStale(name)) return;
    const canvas = this.#canvasOf(name, rect);
    PAINTERS[name](canvas, this.#state);
    this.#copy(canvas, rect, false);
  }

  /** Empty, of that size; the same one for every frame. */
  #canvasOf(name: PaneName | 'frame', size: Pick<Rect, 'width' | 'height'>): Canvas {
    const known = this.#canvases.get(name);
    if (known?.width === size.width && known.height === size.height) {
      known.clear();
      return known;
    }
    const made = new Canvas(size.width, size.height);
    this.#canvases.set(name, made);
    return made;
  }

  /** Whether something has changed that a pane shows; asked once a frame. */
  #isStale(name: PaneName | 'frame'): boolean {
    const needs = NEEDS[name]?.(this.#state, this.#layout);
    const before = this.#shown.get(name);
    if (needs !== undefined) this.#shown.set(name, needs);
    return needs === undefined || !needs.every((value, index) => before?.[index] === value);
  }

  /** Puts a canvas into blessed's lines; `sparse`: only the cells that were painted. */
  #copy(canvas: Canvas, rect: Rect, sparse: boolean): void {
    const hasLinks = this.#hasLinks && this.#state.settings.links && canvas.hasLinks;
    let style: Style = 'text';
    let attribute = this.#theme(style);
    for (let y = 0; y < canvas.height; y++) {
      const line = this.#screen.lines[rect.top + y];
      if (line === undefined) return;
      for (let x = 0; x < canvas.width; x++) {
        const old = line[rect.left + x];
        const text = canvas.textAt(x, y);
        if (old === undefined || (sparse && text === undefined)) continue;
        if (canvas.styleAt(x, y) !== style) {
          style = canvas.styleAt(x, y);
          attribute = this.#theme(style);
        }
        const plain = text === undefined || text === '' ? ' ' : text;
        const anchored = isPlain(plain) ? plain : anchoredCell(plain, rect.left + x);
        const cell = hasLinks && text !== '' ? linked(canvas, x, y, anchored) : anchored;
        if (old[0] === attribute && old[1] === cell) continue;
        old[0] = attribute;
        old[1] = cell;
        line.dirty = true;
      }
    }
  }

  /** Gives blessed's screen the state's size, which a terminal may not have told, and clears it. */
  #allocate(): void {
    this.#screen.program.cols = this.#layout.columns;
    this.#screen.program.rows = this.#layout.rows;
    this.#beginFrame(); // it clears the terminal
    this.#screen.alloc();
  }

  /** Tells blessed where the panes are. It clears what it moves, so this comes before painting. */
  #place(): void {
    for (const [name, pane] of this.#panes) {
      const rect = this.#layout[name];
      pane.hidden = rect === undefined;
      if (rect !== undefined) Object.assign(pane, rect);
    }
    this.#shown.clear();
    this.#blank();
  }

  #blank(): void {
    for (const line of this.#screen.lines) {
      for (let x = 0; x < line.length; x++) line[x] = [this.#screen.dattr, ' '];
      line.dirty = true;
    }
  }

  /**
   * A changed row is written whole when it has, or had, clusters of doubtful width: blessed skips
   * what it believes to be on the screen, but such a cluster may have painted over its neighbour.
   * Returns whether any row has changed.
   */
  #repairRiskyRows(): boolean {
    let hasChanged = false;
    const { lines } = this.#screen;
    for (let y = 0; y < lines.length; y++) {
      const line = lines[y];
      if (line?.dirty !== true) continue;
      hasChanged = true;
      const isRisky = hasRiskyCell(line);
      if (isRisky || this.#riskyRows.has(y)) {
        for (const cell of this.#screen.olines[y] ?? []) cell[1] = '\0';
      }
      if (isRisky) this.#riskyRows.add(y);
      else this.#riskyRows.delete(y);
    }
    return hasChanged;
  }
}

function hasRiskyCell(line: BlessedLine): boolean {
  for (let x = 0; x < line.length; x++) if ((line[x]?.[1].length ?? 0) > 1) return true;
  return false;
}

/** A cell of a link; its first one begins it, its last one ends it: such rows are written whole. */
function linked(canvas: Canvas, x: number, y: number, cell: string): string {
  const href = canvas.hrefAt(x, y);
  if (href === undefined) return cell;
  let after = x + 1;
  while (canvas.textAt(after, y) === '' && after < canvas.width) after++; // behind a wide one
  const isLast = after >= canvas.width || canvas.hrefAt(after, y) !== href;
  let before = x - 1;
  while (canvas.textAt(before, y) === '' && before > 0) before--;
  const isFirst = x === 0 || canvas.hrefAt(before, y) !== href;
  return (isFirst ? linkStart(href) : '') + cell + (isLast ? LINK_END : '');
}

function isSameLayout(a: Layout, b: Layout): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
