import type { Style } from '../model/rows.ts';
import { clusters, clusterWidth, printable } from '../text/clusters.ts';

/** One cell: a printable cluster, or '' behind a wide one. */
export interface Cell {
  readonly text: string;
  readonly style: Style;
  /** Where it leads when clicked: an address of printable ASCII. */
  readonly href?: string | undefined;
}

const BLANK: Cell = { text: ' ', style: 'text' };

/** A rectangle of cells to paint on. Clips; a cell never holds a control character. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #cells: (Cell | undefined)[];

  constructor(width: number, height: number) {
    this.width = Math.max(0, width);
    this.height = Math.max(0, height);
    this.#cells = Array.from({ length: this.width * this.height });
  }

  /** The cell that was painted here; a blank otherwise. */
  at(x: number, y: number): Cell {
    return this.#cells[y * this.width + x] ?? BLANK;
  }

  /** Whether something was painted here. */
  has(x: number, y: number): boolean {
    return this.#cells[y * this.width + x] !== undefined;
  }

  /** Paints text from (x, y) to the right; returns the column behind it. */
  put(x: number, y: number, text: string, style: Style, href?: string): number {
    let column = x;
    for (const cluster of clusters(text)) {
      const shown = printable(cluster);
      const width = clusterWidth(shown);
      if (column + width > this.width) break;
      this.#set(column, y, { text: shown, style, href });
      if (width === 2) this.#set(column + 1, y, { text: '', style, href });
      column += width;
    }
    return column;
  }

  /** Paints a whole row with blanks of a style. */
  fillRow(y: number, style: Style): void {
    for (let x = 0; x < this.width; x++) this.#set(x, y, { text: ' ', style });
  }

  /** Gives a row another style, its text as it is. */
  restyleRow(y: number, style: Style): void {
    for (let x = 0; x < this.width; x++) this.#set(x, y, { ...this.at(x, y), style });
  }

  /** A row as text: for tests and for people. */
  rowText(y: number): string {
    return Array.from({ length: this.width }, (_, x) => this.at(x, y).text).join('');
  }

  #set(x: number, y: number, cell: Cell): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.#cells[y * this.width + x] = cell;
  }
}
