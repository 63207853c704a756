import { parse } from 'smol-toml';
import { nearest } from '../suggest.ts';
import { DEFAULT_CONFIG, type WindowConfig } from './config.ts';
import {
  isKeyCommand,
  KEY_COMMANDS,
  KEYMAP,
  type KeyCommand,
  type Keymap,
} from './input/keymap.ts';
import {
  DEFAULT_SETTINGS,
  isSettingName,
  SETTINGS,
  type Settings,
  withSetting,
} from './model/settings.ts';
import { isStyle, type Look, type Looks, parseLook } from './view/theme.ts';

type Table = Readonly<Record<string, unknown>>;

/**
 * Reads a configuration (TOML): `[window]` settings, `[keys]` chords to commands (`""` unbinds),
 * `[colours]` looks. Never throws; other tables are not looked at.
 */
export function parseConfig(text: string): WindowConfig {
  const problems: string[] = [];
  let tables: Table;
  try {
    tables = parse(text);
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('\n');
    return { ...DEFAULT_CONFIG, problems: [`it cannot be read: ${reason}`] };
  }
  const table = (name: string): [string, unknown][] => {
    const value = tables[name];
    if (value === undefined) return [];
    if (typeof value === 'object' && value !== null) return Object.entries(value);
    problems.push(`[${name}] is no table`);
    return [];
  };
  return {
    settings: readSettings(table('window'), problems),
    keymap: readKeys(table('keys'), problems),
    looks: readLooks(table('colours'), problems),
    problems,
  };
}

function readSettings(entries: readonly [string, unknown][], problems: string[]): Settings {
  let settings = DEFAULT_SETTINGS;
  for (const [name, value] of entries) {
    if (!isSettingName(name)) {
      problems.push(`there is no setting ${name}${hint(name, Object.keys(SETTINGS))}`);
      continue;
    }
    const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
    const changed = withSetting(settings, name, text);
    if (changed !== undefined) settings = changed;
    else problems.push(`${name} takes ${SETTINGS[name].values.join(', ')}`);
  }
  return settings;
}

function readKeys(entries: readonly [string, unknown][], problems: string[]): Keymap {
  const keymap = new Map<string, KeyCommand>(KEYMAP);
  for (const [chord, value] of entries) {
    const command = String(value);
    if (command === '') keymap.delete(chord);
    else if (isKeyCommand(command)) keymap.set(chord, command);
    else {
      const near = hint(command, Object.keys(KEY_COMMANDS));
      problems.push(`${chord}: there is no command ${command}${near}`);
    }
  }
  return keymap;
}

function readLooks(entries: readonly [string, unknown][], problems: string[]): Partial<Looks> {
  const looks: Partial<Record<string, Look>> = {};
  for (const [style, value] of entries) {
    const look = parseLook(String(value));
    if (!isStyle(style)) problems.push(`there is nothing called ${style} to colour`);
    else if (look === undefined) problems.push(`${style}: "${String(value)}" is no look`);
    else looks[style] = look;
  }
  return looks;
}

function hint(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  return near === undefined ? '' : `; did you mean ${near}?`;
}
