import type { Address } from '../../transport/machine.ts';
import type { SenderSample, Workload } from '../experiment.ts';
import type { Impairment } from '../impairment.ts';
import type { SenderStats, Series } from '../run-result.ts';
import type { TapRecords } from './tap.ts';

/** Bytes at the start of a message that say which it is. */
export const INDEX_LENGTH = 4;

/** One experiment on real sockets, in real time. */
export interface LiveRun {
  readonly arq: Series;
  /** Packets in the window of go-back-n and selective-repeat. */
  readonly window: number;
  readonly workload: Workload;
  /** Real time after which it ends, done or not, ms. */
  readonly limitMs: number;
  /** The weather each way, and what decides it, where no kernel makes it. */
  readonly emulate?: { readonly impairment: Impairment; readonly seed: number };
  /** Whether packets are written down. */
  readonly isTapped: boolean;
  /** Whether they are written down whole, for a trace. */
  readonly isTraced?: boolean;
}

/** What the one who runs an experiment tells its ends, which are processes of their own. */
export type ToEnd =
  | { readonly type: 'listen'; readonly run: LiveRun; readonly address: string }
  | { readonly type: 'send'; readonly run: LiveRun; readonly to: Address }
  | { readonly type: 'stop' };

/** What the ends tell. Times are of a clock that all processes of a machine share, ms. */
export type FromEnd =
  | { readonly type: 'ready' }
  | { readonly type: 'listening'; readonly port: number }
  /** Messages that were sent, and that arrived, since the last time; in order, each way. */
  | { readonly type: 'sent'; readonly at: readonly number[]; readonly sample: SenderSample }
  | { readonly type: 'arrived'; readonly at: readonly number[] }
  | {
      readonly type: 'stopped';
      readonly packets: TapRecords;
      readonly stats?: SenderStats;
    }
  | { readonly type: 'failed'; readonly reason: string };

/** The index in front of a message. */
export function indexOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** A message that says which it is. */
export function numberedMessage(index: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(length, INDEX_LENGTH));
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
}
