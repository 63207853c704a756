import type { Effect, WindowState } from '../state.ts';

/** What a line that was entered leads to. `notes` are shown in the log, only to this person. */
export interface LineResult {
  readonly effects: readonly Effect[];
  readonly notes: readonly { readonly level: 'info' | 'error'; readonly text: string }[];
  /** What changes in the window itself. */
  readonly apply?: (state: WindowState) => WindowState;
}

/** A slash command: the one source for dispatch, for help and for completion. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** What its first argument is, for completion; the others are text. */
  readonly takes?: 'nick' | 'room' | 'command' | 'setting';
  run(args: string, state: WindowState): LineResult;
}

export const effect = (...effects: Effect[]): LineResult => ({ effects, notes: [] });

export const change = (
  apply: (state: WindowState) => WindowState,
  ...effects: Effect[]
): LineResult => ({ effects, notes: [], apply });

export const info = (...lines: string[]): LineResult => ({
  effects: [],
  notes: lines.map((text) => ({ level: 'info', text })),
});

export const error = (text: string): LineResult => ({
  effects: [],
  notes: [{ level: 'error', text }],
});

export const usage = (command: Command): LineResult => error(`usage: ${command.usage}`);

/** The first word and what follows it; both empty when there is nothing. */
export function firstWord(args: string): { word: string; rest: string } {
  const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(args) ?? [];
  return { word, rest };
}
