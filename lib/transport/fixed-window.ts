import type { CongestionController } from './congestion.ts';

/** A window that nothing changes: the textbook's sliding windows know no congestion. */
export class FixedWindow implements CongestionController {
  readonly name = 'fixed';
  readonly pacingRate = undefined;
  readonly window: number;

  /** `window` in bytes of UDP payload. */
  constructor(window: number) {
    this.window = window;
  }

  onAcked(): void {}

  onLost(): void {}
}
