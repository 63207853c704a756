import type { Style } from '../model/rows.ts';
import { hasRightToLeft, visualOrder } from '../text/bidi.ts';
import { clusters, clusterWidth, isAscii, printable } from '../text/clusters.ts';

/** A rectangle of cells to paint on. Clips; a cell never holds a control character. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #texts: (string | undefined)[];
  readonly #styles: (Style | undefined)[];
  readonly #hrefs = new Map<number, string>();

  constructor(width: number, height: number) {
    this.width = Math.max(0, width);
    this.height = Math.max(0, height);
    this.#texts = Array.from({ length: this.width * this.height });
    this.#styles = Array.from({ length: this.width * this.height });
  }

  /** Takes everything away that was painted. */
  clear(): void {
    this.#texts.fill(undefined);
    this.#styles.fill(undefined);
    this.#hrefs.clear();
  }

  /** Whether any cell leads somewhere. */
  get hasLinks(): boolean {
    return this.#hrefs.size > 0;
  }

  /** A printable cluster, '' behind a wide one; undefined where nothing was painted. */
  textAt(x: number, y: number): string | undefined {
    return this.#texts[y * this.width + x];
  }

  styleAt(x: number, y: number): Style {
    return this.#styles[y * this.width + x] ?? 'text';
  }

  /** Where a cell leads when clicked: an address of printable ASCII. */
  hrefAt(x: number, y: number): string | undefined {
    return this.#hrefs.size === 0 ? undefined : this.#hrefs.get(y * this.width + x);
  }

  /** Paints text from (x, y) to the right; returns the column behind it. */
  put(x: number, y: number, text: string, style: Style, href?: string): number {
    if (isAscii(text)) {
      let column = x;
      const end = Math.min(this.width, x + text.length);
      for (; column < end; column++) this.#set(column, y, text.charAt(column - x), style, href);
      return column;
    }
    const cells = clusters(text);
    return this.putCells(x, y, hasRightToLeft(text) ? visualOrder(cells) : cells, style, href);
  }

  /** Paints clusters in the columns from (x, y) on, in this order. */
  putCells(x: number, y: number, cells: readonly string[], style: Style, href?: string): number {
    let column = x;
    for (const cluster of cells) {
      const shown = printable(cluster);
      const width = clusterWidth(shown);
      if (column + width > this.width) break;
      this.#set(column, y, shown, style, href);
      if (width === 2) this.#set(column + 1, y, '', style, href);
      column += width;
    }
    return column;
  }

  /** Paints a whole row with blanks of a style. */
  fillRow(y: number, style: Style): void {
    for (let x = 0; x < this.width; x++) this.#set(x, y, ' ', style);
  }

  /** Gives a row another style, its text as it is. */
  restyleRow(y: number, style: Style): void {
    for (let x = 0; x < this.width; x++) {
      this.#set(x, y, this.textAt(x, y) ?? ' ', style, this.hrefAt(x, y));
    }
  }

  /** A row as text: for tests and for people. */
  rowText(y: number): string {
    return Array.from({ length: this.width }, (_, x) => this.textAt(x, y) ?? ' ').join('');
  }

  #set(x: number, y: number, text: string, style: Style, href?: string): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const index = y * this.width + x;
    this.#texts[index] = text;
    this.#styles[index] = style;
    if (href !== undefined) this.#hrefs.set(index, href);
    else if (this.#hrefs.size > 0) this.#hrefs.delete(index);
  }
}
