import { sanitiseText } from '../../../lib/index.ts';
import type { InputEvent } from '../input/decoder.ts';
import { KEYMAP, type KeyCommand } from '../input/keymap.ts';
import { runLine } from './commands.ts';
import { complete } from './completion.ts';
import { clear, commit, edit, editorText, insert } from './editor.ts';
import { addNote, layoutOf, rowSource, type Step, type WindowState } from './state.ts';
import { FOLLOW, scroll } from './viewport.ts';

/** A paste of so many lines is not for the draft: the window asks. */
export const ASK_PASTE_LINES = 5;
/** Rows that one step of the wheel moves. */
const WHEEL_ROWS = 3;

type ScrollKey = Extract<KeyCommand, { type: 'scroll' }>['by'];

/** What the person did, put into the window. */
export function reduceInput(state: WindowState, event: InputEvent): Step {
  if (state.paste !== undefined) return answerPaste(state, state.paste, event);
  switch (event.type) {
    case 'text':
      return [{ ...state, editor: insert(state.editor, event.text) }, []];
    case 'paste':
      return [takePaste(state, event.text), []];
    case 'wheel':
      return [scrollRows(state, event.direction === 'up' ? -WHEEL_ROWS : WHEEL_ROWS), []];
    case 'focus':
      return [state, []];
    case 'chord': {
      const command = KEYMAP.get(event.chord);
      return command === undefined ? [state, []] : runKey(state, command);
    }
  }
}

/** Line count of a text as a person counts. */
export function countLines(text: string): number {
  return text.split('\n').length;
}

function takePaste(state: WindowState, raw: string): WindowState {
  const text = sanitiseText(raw).replace(/\n+$/, '');
  if (countLines(text) >= ASK_PASTE_LINES) return { ...state, paste: text };
  return { ...state, editor: insert(state.editor, text) };
}

/** `send N lines?` A block goes out as it is: its lines are never taken for commands. */
function answerPaste(state: WindowState, text: string, event: InputEvent): Step {
  const answered = { ...state, paste: undefined };
  switch (event.type === 'chord' ? event.chord : undefined) {
    case 'C-k':
      return [
        { ...answered, position: FOLLOW, unseen: 0 },
        [{ type: 'post', room: state.room, text, kind: 'text' }],
      ];
    case 'C-e':
      return [{ ...answered, editor: insert(state.editor, text) }, []];
    case 'C-c':
    case 'escape':
      return [answered, []];
    case 'C-l':
      return [state, [{ type: 'redraw' }]];
    case 'C-z':
      return [state, [{ type: 'suspend' }]];
    default:
      return [state, event.type === 'focus' ? [] : [{ type: 'bell' }]];
  }
}

function runKey(state: WindowState, command: KeyCommand): Step {
  switch (command.type) {
    case 'edit':
      return [{ ...state, editor: edit(state.editor, command.command) }, []];
    case 'scroll':
      return [scrollBy(state, command.by), []];
    case 'complete':
      return [completeWord(state, command.step), []];
    case 'toggle':
      return toggle(state, command.what);
    case 'send':
      return send(state);
    case 'interrupt':
      return state.editor.cells.length === 0
        ? [state, [{ type: 'quit', reason: undefined }]]
        : [{ ...state, editor: clear(state.editor) }, []];
    case 'eof':
      return state.editor.cells.length === 0
        ? [state, [{ type: 'quit', reason: undefined }]]
        : [{ ...state, editor: edit(state.editor, 'delete-char') }, []];
    case 'redraw':
    case 'suspend':
      return [state, [{ type: command.type }]];
    case 'escape':
      return [{ ...state, position: FOLLOW, unseen: 0 }, []];
  }
}

function toggle(state: WindowState, what: 'users' | 'link' | 'mouse'): Step {
  if (what === 'users') return [{ ...state, showUsers: !state.showUsers }, []];
  if (what === 'link') return [{ ...state, showLink: !state.showLink }, []];
  const on = !state.mouse;
  const text = on
    ? 'mouse wheel scrolls; Shift-drag selects text'
    : "mouse is the terminal's again";
  return [addNote({ ...state, mouse: on }, 'info', text), [{ type: 'mouse', on }]];
}

function send(state: WindowState): Step {
  const { effects, notes } = runLine(editorText(state.editor), state);
  let next: WindowState = { ...state, editor: commit(state.editor), position: FOLLOW, unseen: 0 };
  for (const note of notes) next = addNote(next, note.level, note.text);
  return [next, effects];
}

function completeWord(state: WindowState, step: 1 | -1): WindowState {
  const nicks = state.users.map((user) => user.nick);
  const completion = complete(state.editor, nicks, state.completion, step);
  return completion === undefined ? state : { ...state, completion, editor: completion.shown };
}

function scrollBy(state: WindowState, by: ScrollKey): WindowState {
  const page = Math.max(1, layoutOf(state).log.height - 1);
  switch (by) {
    case 'page-up':
      return scrollRows(state, -page);
    case 'page-down':
      return scrollRows(state, page);
    case 'row-up':
      return scrollRows(state, -1);
    case 'row-down':
      return scrollRows(state, 1);
    case 'top':
      return { ...state, position: { type: 'top', item: state.log.first, row: 0 } };
    case 'end':
      return { ...state, position: FOLLOW, unseen: 0 };
  }
}

function scrollRows(state: WindowState, delta: number): WindowState {
  const { log } = layoutOf(state);
  const position = scroll(rowSource(state, log.width), state.position, log.height, delta);
  return { ...state, position, unseen: position.type === 'follow' ? 0 : state.unseen };
}
