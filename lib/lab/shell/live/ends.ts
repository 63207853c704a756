import type { LiveRun } from '../../live/live-run.ts';
import type { TapRecords } from '../../live/tap.ts';
import type { SenderStats } from '../../run-result.ts';

/** Where a receiver listens. */
export interface Inlet {
  readonly port: number;
  readonly packets: TapRecords;
  close(): void;
}

/** What a sender sends through. */
export interface Outlet {
  readonly packets: TapRecords;
  /** False: wait until it is drained. */
  send(bytes: Uint8Array): boolean;
  /** What can be known at once. */
  readonly stats: SenderStats;
  /** What takes a while to learn. */
  finalStats(): Promise<SenderStats>;
  close(): void;
}

export interface InletOptions {
  readonly run: LiveRun;
  readonly address: string;
  readonly onMessage: (bytes: Uint8Array) => void;
  readonly onFailed: (error: Error) => void;
}

export interface OutletOptions {
  readonly run: LiveRun;
  readonly to: { readonly address: string; readonly port: number };
  readonly onDrained: () => void;
  readonly onFailed: (error: Error) => void;
  readonly signal: AbortSignal;
}
