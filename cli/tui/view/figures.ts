/** Figures of the link panel, short enough for it. */

const PARTS = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * The newest values as bars, as many as fit; the highest bar is the largest of them, but at least
 * `full`.
 */
export function sparkline(values: readonly number[], width: number, full = 0): string {
  if (width <= 0) return '';
  const shown = values.slice(-width);
  const largest = Math.max(...shown, full, Number.MIN_VALUE);
  return shown
    .map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / largest) * 7.99))] ?? '')
    .join('');
}

/** How far something has come, 0 to 1, as a bar and a percentage. */
export function progressBar(share: number, width = 10): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? '' : (PARTS[(eighths % 8) - 1] ?? '');
  return `${(full + part).padEnd(width, '░')} ${String(Math.round(share * 100)).padStart(3)} %`;
}

export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function percent(fraction: number): string {
  const value = fraction * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`;
  if (value < 1_000_000) return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} kB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}
