import { clusters } from '../text/clusters.ts';
import { COMMANDS } from './commands.ts';
import { type Editor, editorText } from './editor.ts';

/** A completion under way: Tab again shows the next candidate while `shown` is still the draft. */
export interface Completion {
  readonly candidates: readonly string[];
  readonly index: number;
  /** The draft's text before and behind the completed word. */
  readonly before: string;
  readonly after: string;
  readonly shown: Editor;
}

/** Completes the word before the cursor, or goes on to the next candidate; undefined: none fits. */
export function complete(
  editor: Editor,
  nicks: readonly string[],
  current: Completion | undefined,
  step: 1 | -1,
): Completion | undefined {
  if (current !== undefined && current.shown === editor) {
    const { candidates } = current;
    const index = (current.index + step + candidates.length) % candidates.length;
    return show({ ...current, index });
  }
  const head = editor.cells.slice(0, editor.cursor).join('');
  const word = /\S*$/.exec(head)?.[0] ?? '';
  const before = head.slice(0, head.length - word.length);
  const candidates = candidatesFor(word, before, nicks);
  if (candidates.length === 0) return undefined;
  const after = editor.cells.slice(editor.cursor).join('');
  const index = step === 1 ? 0 : candidates.length - 1;
  return show({ candidates, index, before, after, shown: editor });
}

function candidatesFor(word: string, before: string, nicks: readonly string[]): string[] {
  if (word === '') return [];
  const isFirst = before === '';
  if (isFirst && word.startsWith('/')) {
    const name = word.slice(1).toLowerCase();
    return COMMANDS.filter((c) => c.name.startsWith(name)).map((c) => `/${c.name} `);
  }
  const at = word.startsWith('@') ? '@' : '';
  const start = word.slice(at.length).toLowerCase();
  const end = isFirst && at === '' ? ': ' : ' ';
  return nicks
    .filter((nick) => nick.toLowerCase().startsWith(start))
    .map((nick) => at + nick + end);
}

function show(completion: Completion): Completion {
  const { before, after, candidates, index, shown } = completion;
  const head = clusters(before + (candidates[index] ?? ''));
  const editor = { ...shown, cells: head.concat(clusters(after)), cursor: head.length };
  return { ...completion, shown: editorText(editor) === editorText(shown) ? shown : editor };
}
