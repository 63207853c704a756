/** What a person may set, by `/set` or in the configuration file. */
export interface Settings {
  /** Rings for direct messages and mentions. */
  readonly bell: boolean;
  /** How the desktop is told of them: an escape sequence of the terminal, or not at all. */
  readonly notify: 'off' | 'osc9' | 'osc777';
  readonly mouse: boolean;
  readonly users: boolean;
  readonly link: boolean;
  /** Joins and leaves in the log. */
  readonly presence: boolean;
  /** Reports to the other side that we write, and what we have read. */
  readonly typing: boolean;
  /** Clickable links (OSC 8). */
  readonly links: boolean;
  /** Takes part when an operator asks a room to try a bad network. */
  readonly lab: boolean;
  readonly theme: 'default' | 'light' | 'mono';
}

export const DEFAULT_SETTINGS: Settings = {
  bell: true,
  notify: 'off',
  mouse: false,
  users: true,
  link: true,
  presence: true,
  typing: true,
  links: true,
  lab: true,
  theme: 'default',
};

export type SettingName = keyof Settings;

const SWITCH = ['on', 'off'] as const;

/** Every setting: its values and what it is for. `/set`, completion and the file know no other. */
export const SETTINGS: Readonly<
  Record<SettingName, { readonly values: readonly string[]; readonly help: string }>
> = {
  bell: { values: SWITCH, help: 'ring for direct messages and mentions' },
  notify: { values: ['off', 'osc9', 'osc777'], help: 'tell the desktop of them, if it listens' },
  mouse: { values: SWITCH, help: 'wheel and clicks (Alt-M; Shift-drag selects text then)' },
  users: { values: SWITCH, help: 'the list of people (F8)' },
  link: { values: SWITCH, help: 'the link panel (F2)' },
  presence: { values: SWITCH, help: 'who joins and leaves, in the log' },
  typing: { values: SWITCH, help: 'tell others that you write, and what you have read' },
  links: { values: SWITCH, help: 'clickable addresses' },
  lab: { values: SWITCH, help: 'take part in the bad networks of a class (/lab)' },
  theme: { values: ['default', 'light', 'mono'], help: 'colours' },
};

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** A setting's value as text. */
export function settingText(settings: Settings, name: SettingName): string {
  const value = settings[name];
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : value;
}

/** The settings with one changed; undefined when `text` is not among its values. */
export function withSetting(
  settings: Settings,
  name: SettingName,
  text: string,
): Settings | undefined {
  const { values } = SETTINGS[name];
  if (!values.includes(text)) return undefined;
  const value = values === SWITCH ? text === 'on' : text;
  return { ...settings, [name]: value };
}
