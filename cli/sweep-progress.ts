import type { SweepProgress } from '../lib/index.ts';

const PROGRESS_WIDTH = 30;
/** Takes away what a progress bar left of itself. */
const CLEAR_LINE = process.stderr.isTTY === true ? '\u001B[K' : '';

/** Shows the tc commands of each network, once. */
export function commandPrinter(): (commands: readonly string[]) => void {
  let shown = '';
  return (commands) => {
    const text = commands.join('\n');
    if (text !== shown) process.stderr.write(`${CLEAR_LINE}${text}\n`);
    shown = text;
  };
}

/** A bar on a terminal; a line now and then elsewhere. */
export function showProgress({ done, total, leftMs }: SweepProgress): void {
  if (process.stderr.isTTY !== true && done < total && done % 50 !== 0) return;
  const filled = Math.round((done / total) * PROGRESS_WIDTH);
  const bar = '█'.repeat(filled).padEnd(PROGRESS_WIDTH, '░');
  const left = leftMs === undefined ? '' : `, ${Math.ceil(leftMs / 1000)} s left`;
  const end = process.stderr.isTTY === true ? '\u001B[K\r' : '\n';
  process.stderr.write(`${bar} ${done} of ${total}${left}${end}`);
}
