import { clusters } from '../text/clusters.ts';
import { EMOJI } from '../text/emoji.ts';
import { COMMANDS } from './commands.ts';
import { type Editor, editorText } from './editor.ts';
import { isSettingName, SETTINGS } from './settings.ts';
import { activeRoom, type WindowState } from './state.ts';

/** One way to go on, and what the menu says beside it. */
export interface Candidate {
  readonly text: string;
  readonly label: string;
  readonly help: string;
}

/** A completion under way: Tab again shows the next candidate while `shown` is still the draft. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly index: number;
  /** The draft's text before and behind the completed word. */
  readonly before: string;
  readonly after: string;
  readonly shown: Editor;
}

/** Candidates that a menu holds; whoever wants others types on. */
const MAX_CANDIDATES = 100;

/** Completes the word before the cursor, or goes on to the next candidate; undefined: none fits. */
export function complete(state: WindowState, step: 1 | -1): Completion | undefined {
  const { editor } = activeRoom(state);
  const current = state.completion;
  if (current !== undefined && isGoingRound(current, editor)) {
    const { candidates } = current;
    const index = (current.index + step + candidates.length) % candidates.length;
    return show({ ...current, index });
  }
  const { word, before } = wordAt(editor);
  return startCompletion(editor, candidatesFor(word, before, state), step);
}

/** Whether Tab goes to the next candidate; behind the only one it completes what comes next. */
export function isGoingRound(completion: Completion | undefined, editor: Editor): boolean {
  return completion?.shown === editor && completion.candidates.length > 1;
}

/** A completion of the word before the cursor by these candidates. */
export function startCompletion(
  editor: Editor,
  candidates: readonly Candidate[],
  step: 1 | -1,
): Completion | undefined {
  if (candidates.length === 0) return undefined;
  const { before } = wordAt(editor);
  const after = editor.cells.slice(editor.cursor).join('');
  const kept = candidates.slice(0, MAX_CANDIDATES);
  const index = step === 1 ? 0 : kept.length - 1;
  return show({ candidates: kept, index, before, after, shown: editor });
}

/** The word before the cursor, and the draft before it. */
export function wordAt(editor: Editor): { word: string; before: string } {
  const head = editor.cells.slice(0, editor.cursor).join('');
  const word = /\S*$/.exec(head)?.[0] ?? '';
  return { word, before: head.slice(0, head.length - word.length) };
}

/** Whether a word is the beginning of a path, which only the world can complete. */
export function isPathStart(word: string, before: string): boolean {
  return /^(?:~|\.{1,2})?\//.test(word) && (before !== '' || !/^\/[^/]*$/.test(word));
}

/** The names in a folder that go on with `word`. */
export function pathCandidates(word: string, names: readonly string[]): Candidate[] {
  const folder = word.slice(0, word.lastIndexOf('/') + 1);
  return names.map((name) => candidate(folder + name, name.endsWith('/') ? 'folder' : ''));
}

function candidate(text: string, help = '', label = text): Candidate {
  return { text, label, help };
}

function candidatesFor(word: string, before: string, state: WindowState): Candidate[] {
  if (before === '' && word.startsWith('/')) return commandCandidates(word.slice(1).toLowerCase());
  const command = COMMANDS.find(({ name }) => before.trim() === `/${name}`);
  if (command?.takes === 'room') return roomCandidates(word === '' ? '#' : word, state);
  if (command?.takes === 'command') return helpCandidates(word.replace(/^\//, '').toLowerCase());
  if (command?.takes === 'nick') return nickCandidates(word, before, state);
  const setting = /^\/set\s+(?:(\S+)\s+)?$/.exec(before);
  if (setting !== null) return settingCandidates(setting[1], word);
  if (word === '') return [];
  if (word.startsWith('#')) return roomCandidates(word, state);
  if (/^:[^:]+$/.test(word)) return emojiCandidates(word.slice(1));
  return nickCandidates(word, before, state);
}

function commandCandidates(start: string): Candidate[] {
  return COMMANDS.filter(({ name }) => name.startsWith(start)).map(({ name, usage, help }) =>
    candidate(`/${name} `, help, usage),
  );
}

function helpCandidates(start: string): Candidate[] {
  return COMMANDS.filter(({ name }) => name.startsWith(start)).map(({ name, help }) =>
    candidate(name, help),
  );
}

function settingCandidates(name: string | undefined, word: string): Candidate[] {
  if (name === undefined) {
    return Object.entries(SETTINGS)
      .filter(([key]) => key.startsWith(word))
      .map(([key, { help }]) => candidate(`${key} `, help));
  }
  const values = isSettingName(name) ? SETTINGS[name].values : [];
  return values.filter((value) => value.startsWith(word)).map((value) => candidate(value));
}

function roomCandidates(word: string, { rooms }: WindowState): Candidate[] {
  const start = word.toLowerCase();
  return rooms
    .filter(({ name }) => name.startsWith('#') && name.toLowerCase().startsWith(start))
    .map(({ name, topic }) => candidate(`${name} `, topic));
}

function emojiCandidates(start: string): Candidate[] {
  const names = Array.from(EMOJI.keys());
  const begun = names.filter((name) => name.startsWith(start));
  const within = names.filter((name) => name.includes(start) && !name.startsWith(start));
  return [...begun, ...within].map((name) => {
    const emoji = EMOJI.get(name) ?? '';
    return candidate(`${emoji} `, name, emoji);
  });
}

/** Who spoke last comes first; then the others, by name. */
function nickCandidates(word: string, before: string, state: WindowState): Candidate[] {
  const room = activeRoom(state);
  const at = word.startsWith('@') ? '@' : '';
  const start = word.slice(at.length).toLowerCase();
  const isFirst = before === '' && at === '';
  const nicks = new Set([...room.spoke, ...room.users.map(({ nick }) => nick)]);
  nicks.delete(state.nick);
  const presence = new Map(room.users.map((user) => [user.nick, user.presence]));
  return Array.from(nicks)
    .filter((nick) => nick.toLowerCase().startsWith(start))
    .map((nick) => candidate(at + nick + (isFirst ? ': ' : ' '), presence.get(nick) ?? '', nick));
}

function show(completion: Completion): Completion {
  const { before, after, candidates, index, shown } = completion;
  const head = clusters(before + (candidates[index]?.text ?? ''));
  const editor = { ...shown, cells: head.concat(clusters(after)), cursor: head.length };
  return { ...completion, shown: editorText(editor) === editorText(shown) ? shown : editor };
}
