import type { OutboxFile } from '../lib/index.ts';
import type { Access } from './access.ts';
import { type FlagValues, textFlag } from './flags.ts';
import type { Target } from './target.ts';

/** `--data` of those who join; the database is loaded for them only. */
export async function chooseOutbox(
  flags: FlagValues,
  target: Target,
  access: Access,
): Promise<OutboxFile | undefined> {
  const folder = textFlag(flags, 'data');
  if (folder === undefined) return undefined;
  const { openOutbox } = await import('./kept-outbox.ts');
  return openOutbox(folder, target, access);
}
