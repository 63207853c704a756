import { sanitiseLine } from '../../../lib/entry/words.ts';
import { LINK_ROWS_TALL } from '../model/layout.ts';
import { labText } from '../model/room.ts';
import type { Style } from '../model/rows.ts';
import { activeRoom, type LinkStats, type WindowState } from '../model/state.ts';
import { textWidth, truncate } from '../text/clusters.ts';
import { wrap } from '../text/wrap.ts';
import type { Canvas } from './canvas.ts';
import { bytes, milliseconds, percent, sparkline } from './figures.ts';
import type { Painter } from './painter.ts';

/** A figure of the panel: its bars reach the top at `full`, or at their largest if that is more. */
interface Figure {
  readonly label: string;
  readonly value: string;
  readonly style: Style;
  readonly values: readonly number[];
  readonly full: number;
}

/** Loss from which a link is bad enough to be said in colour, and in red. */
const LOSS_SEEN = 0.005;
const LOSS_BAD = 0.1;
/** What fills the bars at least: a quiet link must not look like a busy one. */
const FULL = { rtt: 10, loss: 0.2, repeats: 5, window: 20_000 };

/** Rows that a lab may take from the figures; the log has the whole of it. */
const LAB_ROWS = 2;
const LABEL_COLUMNS = 7;
/** Bars in a row of their own from this width on only: shorter they say nothing. */
const LEAST_BARS = 3;

/** What the transport knows of the path: the figures now, and how they came to be. */
export const paintLink: Painter = (canvas, state) => {
  const { stats, history } = state;
  const top = paintLab(canvas, state);
  if (stats === undefined) {
    canvas.put(0, top, 'no figures yet', 'muted');
    return;
  }
  const isTall = canvas.height >= LINK_ROWS_TALL;
  const rows = isTall ? 2 : 1;
  const room = Math.floor((canvas.height - top) / rows);
  for (const [index, figure] of figures(stats, history).slice(0, room).entries()) {
    if (isTall) paintTall(canvas, top + index * 2, figure);
    else paintFlat(canvas, top + index, figure);
  }
};

/** The bad network of the room, above the figures that it makes; returns the rows it took. */
function paintLab(canvas: Canvas, state: WindowState): number {
  const { lab } = activeRoom(state);
  if (lab === undefined) return 0;
  const whole = wrap(sanitiseLine(labText(lab, state.settings)), canvas.width);
  const who = state.settings.lab ? `lab by ${lab.nick}` : 'lab, not your link';
  const brief = [who, lab.impairment].map((text) => truncate(sanitiseLine(text), canvas.width));
  const rows = whole.length <= LAB_ROWS ? whole : brief;
  for (const [y, row] of rows.entries()) canvas.put(0, y, row, 'warning');
  return rows.length;
}

function figures(stats: LinkStats, history: WindowState['history']): Figure[] {
  const { rtt, loss, repeats, window } = FULL;
  const figure = (
    label: string,
    value: string,
    values: readonly number[],
    full: number,
    style: Style = 'text',
  ): Figure => ({ label, value, values, full, style });
  const { lossOut, lossIn } = stats;
  return [
    figure('rtt', milliseconds(stats.srtt), history.rtt, rtt),
    figure('loss ↑', percent(lossOut), history.lossOut, loss, lossStyle(lossOut)),
    figure('loss ↓', percent(lossIn), history.lossIn, loss, lossStyle(lossIn)),
    figure('resent', String(stats.retransmits), history.retransmits, repeats),
    figure('copies', String(stats.copies), history.copies, repeats),
    figure('window', bytes(stats.cwnd), history.cwnd, window),
  ];
}

function lossStyle(loss: number): Style {
  if (loss < LOSS_SEEN) return 'good';
  return loss < LOSS_BAD ? 'warning' : 'error';
}

/** Label, value and bars in one row, the bars at the right edge. */
function paintFlat(canvas: Canvas, y: number, { label, value, style, values, full }: Figure): void {
  canvas.put(0, y, label, 'muted');
  const x = canvas.put(LABEL_COLUMNS, y, value, style);
  const room = canvas.width - Math.max(x, LABEL_COLUMNS + 6) - 1;
  if (room < LEAST_BARS) return;
  const bars = sparkline(values, room, full);
  canvas.put(canvas.width - textWidth(bars), y, bars, 'spark');
}

/** Label and value, and below them bars as wide as the pane. */
function paintTall(canvas: Canvas, y: number, { label, value, style, values, full }: Figure): void {
  canvas.put(0, y, label, 'muted');
  canvas.put(canvas.width - textWidth(value), y, value, style);
  const bars = sparkline(values, canvas.width, full);
  canvas.put(canvas.width - textWidth(bars), y + 1, bars, 'spark');
}
