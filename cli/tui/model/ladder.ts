import type { TraceStep } from '../../../lib/index.ts';
import { truncate } from '../text/clusters.ts';
import type { LineItem } from './log.ts';

/** Columns of a rung between the two sides: a row fits the log of a window of 100. */
const RUNG = 14;
/** Columns of the line's text in the heading. */
const HEADING = 40;

const WORDS: Readonly<Record<TraceStep['what'], string>> = {
  sent: 'sent',
  copied: 'copied, in case',
  resent: 'sent again',
  lost: 'taken for lost',
  acked: 'acknowledged',
};

/** The way of a line to the server as a ladder: we at the left, the server at the right. */
export function drawLadder(line: LineItem, steps: readonly TraceStep[]): string[] {
  const start = steps[0]?.at ?? 0;
  const rows = steps.map(
    (step) => `${time(step.at - start)}  you ${rung(step)} server  ${WORDS[step.what]}`,
  );
  return [
    `how "${truncate(line.text.replaceAll('\n', ' '), HEADING)}" travelled:`,
    ...rows,
    outcome(line),
  ];
}

function time(ms: number): string {
  return `${ms.toFixed(1).padStart(8)} ms`;
}

function rung({ what, packet }: TraceStep): string {
  const label = ` #${packet} `;
  const left = Math.floor((RUNG - label.length) / 2);
  const right = RUNG - label.length - left;
  const line = (length: number): string => '─'.repeat(Math.max(1, length));
  if (what === 'acked') return `◀${line(left - 1)}${label}${line(right)}`;
  if (what === 'lost') return `${line(left)}${label}${line(right - 4)}✕   `;
  return `${line(left)}${label}${line(right - 1)}▶`;
}

function outcome({ mark, took }: LineItem): string {
  if (mark === 'pending') return 'not accepted yet';
  if (mark === 'failed') return 'refused by the server';
  return took === undefined ? 'accepted' : `accepted ${Math.round(took)} ms after Enter ✓`;
}
