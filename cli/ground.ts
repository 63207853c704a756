import type { LiveGroundName } from '../lib/index.ts';
import { usageError } from './errors.ts';
import { type FlagValues, textFlag } from './flags.ts';

const GROUNDS = ['sim', 'socket', 'netem'] as const;

/** Where experiments run: undefined for virtual time, else on real sockets. */
export function chooseGround(flags: FlagValues): LiveGroundName | undefined {
  const text = textFlag(flags, 'ground');
  const name = GROUNDS.find((ground) => ground === (text ?? (flags.netem ? 'netem' : 'sim')));
  if (name === undefined) throw usageError(`--ground: "${text}" is none of ${GROUNDS.join(', ')}`);
  if (flags.netem !== undefined && name !== 'netem') {
    throw usageError(`--netem and --ground ${name} exclude each other`, 'leave one of them out');
  }
  return name === 'sim' ? undefined : name;
}

/** Whether kernel TCP is to run over the same network. */
export function chooseBaseline(
  flags: FlagValues,
  ground: LiveGroundName | undefined,
): 'tcp' | undefined {
  const text = textFlag(flags, 'baseline');
  if (text === undefined) return undefined;
  if (text !== 'tcp') throw usageError(`--baseline: "${text}" is not tcp`);
  if (ground === 'netem') return text;
  const why =
    ground === undefined
      ? 'kernel TCP knows no virtual time'
      : 'the bad network of the socket ground is in our own process: kernel TCP would go past it';
  throw usageError(`--baseline tcp: ${why}`, 'use --ground netem, where it goes through tc netem');
}
