import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder of the XDG base directory specification; what is not an absolute path is ignored. */
function folder(variable: string, ...otherwise: readonly string[]): string {
  const value = process.env[variable] ?? '';
  const base = value.startsWith('/') ? value : join(homedir(), ...otherwise);
  return join(base, 'udpchat');
}

/** Keys, and what hosts keep: `$XDG_DATA_HOME/udpchat`. */
export function dataFolder(): string {
  return folder('XDG_DATA_HOME', '.local', 'share');
}

/** What people choose: `$XDG_CONFIG_HOME/udpchat`. */
export function configFolder(): string {
  return folder('XDG_CONFIG_HOME', '.config');
}
