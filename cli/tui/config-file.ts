import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configFolder } from '../folders.ts';
import { DEFAULT_CONFIG, type WindowConfig, withConfigLine } from './config.ts';

/** Where a person's choices are kept. */
export function configPath(): string {
  return join(configFolder(), 'config.toml');
}

/** The configuration; defaults where there is none. Its `problems` name the file. */
export async function loadConfig(path = configPath()): Promise<WindowConfig> {
  const text = readText(path);
  if (text === undefined || text.split('\n').every((line) => /^\s*(?:#|$)/.test(line)))
    return DEFAULT_CONFIG;
  const { parseConfig } = await import('./config-parser.ts');
  const config = parseConfig(text);
  return { ...config, problems: config.problems.map((problem) => `${path}: ${problem}`) };
}

/** Keeps a setting for the next time: whole or not at all. Throws when the disk refuses. */
export function saveSetting(name: string, value: string | boolean, path = configPath()): void {
  const changed = withConfigLine(readText(path) ?? '', name, value);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, changed, { mode: 0o600 });
  renameSync(draft, path);
}

/** Whether somebody has been here before. */
export function isFirstRun(path = configPath()): boolean {
  return readText(path) === undefined;
}

/** From now on this is not the first time. */
export function markFirstRun(path = configPath()): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, '# udpchat: see /set and F1\n', { mode: 0o600, flag: 'wx' });
  } catch {
    // A home that cannot be written to: the greeting comes again.
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // none, or none for us: the defaults are always right
  }
}
