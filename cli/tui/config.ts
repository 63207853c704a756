import { KEYMAP, type Keymap } from './input/keymap.ts';
import { DEFAULT_SETTINGS, type Settings } from './model/settings.ts';
import type { Looks } from './view/theme.ts';

/** What a person has chosen for the window. */
export interface WindowConfig {
  readonly settings: Settings;
  readonly keymap: Keymap;
  /** Looks that differ from the theme's. */
  readonly looks: Partial<Looks>;
  /** What in the file makes no sense, for people; the rest of it counts. */
  readonly problems: readonly string[];
}

export const DEFAULT_CONFIG: WindowConfig = {
  settings: DEFAULT_SETTINGS,
  keymap: KEYMAP,
  looks: {},
  problems: [],
};

/**
 * A configuration with one setting of `[window]` changed; the rest of the text, comments too, stays
 * as it is.
 */
export function withConfigLine(text: string, name: string, value: string | boolean): string {
  const line = `${name} = ${JSON.stringify(value)}`;
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const start = lines.findIndex((other) => /^\s*\[window\]\s*(?:#.*)?$/.test(other));
  if (start === -1) {
    const gap = lines.length === 0 ? [] : [''];
    return [...lines, ...gap, '[window]', line, ''].join('\n');
  }
  const next = lines.findIndex((other, index) => index > start && /^\s*\[/.test(other));
  const end = next === -1 ? lines.length : next;
  const isSame = (other: string): boolean => new RegExp(`^\\s*${name}\\s*=`).test(other);
  const at = lines.findIndex((other, index) => index > start && index < end && isSame(other));
  const changed = at === -1 ? lines.toSpliced(start + 1, 0, line) : lines.with(at, line);
  return `${changed.join('\n')}\n`;
}
