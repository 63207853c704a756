/**
 * Which complex clusters a terminal draws as wide as we count them. Terminals disagree on nearly
 * all of them; the painter keeps columns straight whatever happens, but a cluster that is drawn
 * wider than its cells leaves ghosts. What a terminal gets wrong, it is shown in a simpler form.
 */
import { type ClusterClass, clusterWidth } from './clusters.ts';

const SAMPLES: readonly (readonly [ClusterClass, string])[] = [
  ['joined', '👨‍👩‍👧'],
  ['skin', '👍🏽'],
  ['selector', '❤️'],
  ['flag', '🇩🇪'],
  ['keycap', '1️⃣'],
];

/** Each sample at the start of the line, then the question where the cursor is. */
export const PROBE: string = [
  ...SAMPLES.map(([, sample]) => `\r${sample}\x1b[6n`),
  '\r\x1b[2K',
].join('');

export const PROBE_REPLIES: number = SAMPLES.length;

/** The classes that the terminal got wrong, by the columns of its replies, counted from 1. */
export function judge(columns: readonly number[]): Set<ClusterClass> {
  const wrong = SAMPLES.filter(([, sample], index) => columns[index] !== clusterWidth(sample) + 1);
  return new Set(wrong.map(([name]) => name));
}
