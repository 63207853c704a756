import { constants } from 'node:os';

/**
 * Runs `action` on the first Ctrl-C, SIGTERM or SIGHUP, with the exit code that belongs to it; the
 * second one ends the process at once.
 */
export function onInterrupt(action: (exitCode: number) => void): void {
  let isInterrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const exitCode = 128 + constants.signals[signal];
    process.on(signal, () => {
      if (isInterrupted) process.exit(exitCode);
      isInterrupted = true;
      action(exitCode);
    });
  }
}
