import { sanitiseText } from '../../../lib/entry/words.ts';
import type { InputEvent } from '../input/decoder.ts';
import { isEditCommand, type KeyCommand } from '../input/keymap.ts';
import { runLine } from './commands.ts';
import { complete, isGoingRound, isPathStart, wordAt } from './completion.ts';
import { clear, commit, edit, editorText, insert } from './editor.ts';
import { failedLines, sendAgain } from './failed.ts';
import { reduceHelp } from './help.ts';
import { goToIndex, goToQuoted } from './jump.ts';
import {
  answerPaste,
  beginSearch,
  countLines,
  endSearch,
  pick,
  reducePicked,
  reduceSearch,
} from './modes.ts';
import { reduceMouse, scrollRows } from './mouse.ts';
import { clearMark, look, wantOlder } from './room.ts';
import {
  activeRoom,
  addNote,
  type Effect,
  layoutOf,
  type Step,
  switchRoom,
  updateActive,
  type WindowState,
} from './state.ts';
import { FOLLOW } from './viewport.ts';

/** A paste of so many lines is not for the draft: the window asks. */
export const ASK_PASTE_LINES = 5;

/** What the person did, put into the window. */
export function reduceInput(before: WindowState, event: InputEvent): Step {
  // Who writes here looks here, whatever the terminal has (not) said of its focus.
  const state = before.focused || !isByHand(event) ? before : onFocus(before, true);
  if (event.type === 'cursor' || event.type === 'brackets') return [state, []];
  if (event.type === 'focus') return [onFocus(state, event.focused), []];
  if (state.paste !== undefined) return answerPaste(state, state.paste, event);
  const { command, prefix } = commandOf(state, event);
  if (prefix !== '') return [{ ...state, prefix }, []];
  const plain = state.prefix === '' ? state : { ...state, prefix: '' };
  return (
    (plain.help === undefined ? undefined : reduceHelp(plain, event, command)) ??
    (plain.search === undefined ? undefined : reduceSearch(plain, event, command)) ??
    reducePicked(plain, event) ??
    reducePlain(endSearch(plain), event, command)
  );
}

/** The command of a chord, or the chord itself when a longer one begins with it. */
function commandOf(
  { keymap, prefix }: WindowState,
  event: InputEvent,
): { command: KeyCommand | undefined; prefix: string } {
  if (event.type !== 'chord') return { command: undefined, prefix: '' };
  const chord = prefix === '' ? event.chord : `${prefix} ${event.chord}`;
  const command = keymap.get(chord);
  if (command !== undefined) return { command, prefix: '' };
  const isPrefix = Array.from(keymap.keys()).some((other) => other.startsWith(`${chord} `));
  return { command: undefined, prefix: isPrefix ? chord : '' };
}

function reducePlain(state: WindowState, event: InputEvent, command: KeyCommand | undefined): Step {
  switch (event.type) {
    case 'text':
      return [typed(state, event.text), typingEffects(state, event.text)];
    case 'paste':
      return [takePaste(state, event.text), []];
    case 'wheel':
    case 'click':
      return reduceMouse(state, event);
    case 'focus':
    case 'cursor':
    case 'brackets':
      return [state, []];
    case 'chord':
      return command === undefined ? [state, []] : runKey(state, command);
  }
}

function typed(state: WindowState, text: string): WindowState {
  return updateActive(state, (room) => ({ ...room, editor: insert(room.editor, text) }));
}

/** Others may know that we write; that we give a command is nobody's business. */
function typingEffects(state: WindowState, text: string): Effect[] {
  const { name, editor } = activeRoom(state);
  const start = editor.cells[0] ?? text;
  return state.settings.typing && start !== '/' ? [{ type: 'typing', room: name }] : [];
}

function isByHand({ type }: InputEvent): boolean {
  return type === 'text' || type === 'chord' || type === 'paste' || type === 'click';
}

/** The terminal came to the front, or left it: what comes in now is read, or unread. */
function onFocus(state: WindowState, focused: boolean): WindowState {
  const next = { ...state, focused };
  if (focused) return updateActive(next, look);
  return updateActive(next, (room) => (room.unread === 0 ? clearMark(room) : room));
}

function takePaste(state: WindowState, raw: string): WindowState {
  const text = sanitiseText(raw).replace(/\n+$/, '');
  return countLines(text) >= ASK_PASTE_LINES ? { ...state, paste: text } : typed(state, text);
}

function runKey(state: WindowState, command: KeyCommand): Step {
  if (isEditCommand(command)) {
    return [
      updateActive(state, (room) => {
        const editor = edit(room.editor, command);
        return editor === room.editor ? room : { ...room, editor };
      }),
      [],
    ];
  }
  const index = /^room-(\d)$/.exec(command)?.[1];
  if (index !== undefined) return [showRoom(state, Number(index) - 1), []];
  return runWindowKey(state, command) ?? [scrollKey(state, command), []];
}

function runWindowKey(state: WindowState, command: KeyCommand): Step | undefined {
  const { editor } = activeRoom(state);
  const isEmpty = editor.cells.length === 0;
  switch (command) {
    case 'send':
      return send(state);
    case 'complete':
      return completeWord(state, 1);
    case 'complete-back':
      return completeWord(state, -1);
    case 'search':
      return [beginSearch(state, 'log'), []];
    case 'search-history':
      return [beginSearch(state, 'history'), []];
    case 'edit-outside':
      return [state, [{ type: 'edit-draft', text: editorText(editor) }]];
    case 'interrupt':
      if (state.picked !== undefined) return [{ ...state, picked: undefined }, []];
      if (isEmpty) return [state, [{ type: 'quit', reason: undefined }]];
      return [updateActive(state, (room) => ({ ...room, editor: clear(room.editor) })), []];
    case 'eof':
      return isEmpty
        ? [state, [{ type: 'quit', reason: undefined }]]
        : runKey(state, 'delete-char');
    case 'redraw':
    case 'suspend':
      return [state, [{ type: command }]];
    case 'help':
      return [{ ...state, help: { top: 0 } }, []];
    case 'toggle-link':
      return [{ ...state, showLink: !state.showLink }, []];
    case 'toggle-users':
      return [{ ...state, showUsers: !state.showUsers }, []];
    case 'toggle-rooms':
      return [{ ...state, showRooms: !state.showRooms }, []];
    case 'toggle-mouse':
      return toggleMouse(state);
    case 'retry':
      return sendAgain(state, failedLines(activeRoom(state)));
    default:
      return undefined;
  }
}

/** Everything that changes what part of which log is shown. */
function scrollKey(state: WindowState, command: KeyCommand): WindowState {
  const page = Math.max(1, layoutOf(state).log.height - 1);
  const { log, readMark } = activeRoom(state);
  switch (command) {
    case 'page-up':
      return scrollRows(state, -page);
    case 'page-down':
      return scrollRows(state, page);
    case 'row-up':
      return scrollRows(state, -1);
    case 'row-down':
      return scrollRows(state, 1);
    case 'log-top':
      return updateActive(goToIndex(state, log.first), (room) => wantOlder(room));
    case 'log-end':
      return newest(state);
    case 'escape':
      if (state.completion !== undefined) return { ...state, completion: undefined };
      return newest(stopSeeking({ ...state, picked: undefined }));
    case 'unread':
      return goToIndex(state, readMark ?? log.end);
    case 'quoted':
      return goToQuoted(state);
    case 'pick-up':
      return pick(state, -1);
    case 'pick-down':
      return pick(state, 1);
    case 'next-room':
      return showRoom(state, roomIndex(state) + 1);
    case 'previous-room':
      return showRoom(state, roomIndex(state) - 1);
    case 'last-room':
      return state.rooms.some(({ name }) => name === state.previous)
        ? switchRoom(state, state.previous)
        : state;
    case 'activity':
      return nextActivity(state);
    default:
      return state;
  }
}

function stopSeeking(state: WindowState): WindowState {
  return updateActive(state, (room) => {
    const { past } = room;
    return past.goal === undefined ? room : { ...room, past: { ...past, goal: undefined } };
  });
}

function newest(state: WindowState): WindowState {
  return updateActive(state, (room) => ({ ...room, position: FOLLOW, unseen: 0 }));
}

function roomIndex(state: WindowState): number {
  return state.rooms.findIndex(({ name }) => name === state.room);
}

function showRoom(state: WindowState, index: number): WindowState {
  const room = state.rooms[index];
  return room === undefined ? state : switchRoom(state, room.name);
}

/** What was meant for us first, then what else is unread; then back to where this began. */
function nextActivity(state: WindowState): WindowState {
  const others = state.rooms.filter(({ name }) => name !== state.room);
  const target =
    others.find(({ mentions }) => mentions > 0) ?? others.find(({ unread }) => unread > 0);
  return target === undefined ? state : switchRoom(state, target.name);
}

function toggleMouse(state: WindowState): Step {
  const on = !state.mouse;
  const text = on
    ? 'mouse: the wheel scrolls, clicks choose; Shift-drag selects text'
    : "mouse is the terminal's again";
  return [addNote({ ...state, mouse: on }, 'info', text), [{ type: 'mouse', on }]];
}

function send(state: WindowState): Step {
  const { effects, notes, apply } = runLine(editorText(activeRoom(state).editor), state);
  let next: WindowState = updateActive({ ...state, completion: undefined }, (room) => ({
    ...clearMark(room),
    editor: commit(room.editor),
    position: FOLLOW,
    unseen: 0,
  }));
  for (const note of notes) next = addNote(next, note.level, note.text);
  return [apply?.(next) ?? next, effects];
}

function completeWord(state: WindowState, step: 1 | -1): Step {
  const { editor } = activeRoom(state);
  const { word, before } = wordAt(editor);
  const isUnderWay = isGoingRound(state.completion, editor);
  if (!isUnderWay && isPathStart(word, before)) return [state, [{ type: 'list-paths', word }]];
  const completion = complete(state, step);
  if (completion === undefined) return [state, []];
  return [
    updateActive({ ...state, completion }, (room) => ({ ...room, editor: completion.shown })),
    [],
  ];
}
