import { userInfo } from 'node:os';
import { validateNick } from '../lib/entry/words.ts';
import { usageError } from './errors.ts';
import { type FlagValues, textFlag } from './flags.ts';

/** A nick, and whether the person chose it: if not, another may take its place. */
export interface NickChoice {
  readonly nick: string;
  readonly isChosen: boolean;
}

/** `--nick`, else `UDPCHAT_NICK`, else what `ask` says (on a terminal), else `$USER`. */
export async function chooseNick(
  flags: FlagValues,
  ask?: (suggestion: string) => Promise<string>,
): Promise<NickChoice> {
  const { UDPCHAT_NICK = '' } = process.env;
  const given = textFlag(flags, 'nick') ?? (UDPCHAT_NICK === '' ? undefined : UDPCHAT_NICK);
  if (given !== undefined) return { nick: checked(given), isChosen: true };
  const suggestion = validateNick(userName()).name ?? 'guest';
  if (ask === undefined) return { nick: suggestion, isChosen: false };
  return { nick: checked(await ask(suggestion)), isChosen: true };
}

function checked(raw: string): string {
  const result = validateNick(raw);
  if (result.error !== undefined) throw usageError(result.reason, 'choose another with --nick');
  return result.name;
}

function userName(): string {
  const { USER, USERNAME } = process.env;
  if (USER !== undefined) return USER;
  if (USERNAME !== undefined) return USERNAME;
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the system's list.
    return 'guest';
  }
}
