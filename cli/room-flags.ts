import { validateRoom } from '../lib/entry/words.ts';
import type { ClientEvent } from '../lib/index.ts';
import { CliError, ExitCode, usageError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';
import type { PastStart } from './past-reader.ts';

/** `--room`, checked. */
export function chooseRoom(flags: FlagValues): string {
  const result = validateRoom(textFlag(flags, 'room') ?? '#lobby');
  if (result.error !== undefined) throw usageError(`--room: ${result.reason}`);
  return result.name;
}

/** `--timeout` in ms. */
export function chooseTimeout(flags: FlagValues): number | undefined {
  const seconds = numberFlag(flags, 'timeout', { least: 0.1, most: 86_400, isWhole: false });
  return seconds === undefined ? undefined : seconds * 1000;
}

/** `--since`: the number of an entry, behind which to begin, or a time. */
export function chooseStart(flags: FlagValues): PastStart | undefined {
  const text = textFlag(flags, 'since');
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return { after: Number(text) };
  const since = Date.parse(text);
  if (Number.isNaN(since) || since < 1) {
    const hint = 'it is the number of a message, or a time as in 2026-11-22T10:00';
    throw usageError(`--since ${text} makes no sense`, hint);
  }
  return { since };
}

/** Why we are not in the room that we were asked to go to, once that is so. */
export function roomError(event: ClientEvent, room: string): CliError | undefined {
  if (event.type !== 'parted' || event.room !== room || event.code === 'left') return undefined;
  return new CliError(`cannot go into ${room}: ${event.reason}`, { exitCode: ExitCode.other });
}
