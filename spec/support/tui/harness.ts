import { editorText } from '../../../cli/tui/model/editor.ts';
import type { LogItem } from '../../../cli/tui/model/log.ts';
import { reduce } from '../../../cli/tui/model/reducer.ts';
import { entriesEnd, entryAt, type RoomState } from '../../../cli/tui/model/room.ts';
import {
  activeRoom,
  type Effect,
  initialState,
  type WindowEvent,
  type WindowState,
} from '../../../cli/tui/model/state.ts';
import type { ClientEvent } from '../../../lib/index.ts';

/** A window in virtual time: takes events, keeps the state and the effects. */
export class Harness {
  state: WindowState;
  now = 0;
  effects: Effect[] = [];

  constructor(columns = 80, rows = 24) {
    this.state = initialState({ columns, rows, nick: 'ana', room: '#lobby', now: 0, epoch: 0 });
  }

  send(event: WindowEvent): void {
    const [state, effects] = reduce(this.state, event, this.now);
    this.state = state;
    this.effects.push(...effects);
  }

  client(...events: ClientEvent[]): void {
    for (const event of events) this.send({ type: 'client', event });
  }

  type(text: string): void {
    for (const char of text) this.send({ type: 'input', event: { type: 'text', text: char } });
  }

  keys(...chords: string[]): void {
    for (const chord of chords) this.send({ type: 'input', event: { type: 'chord', chord } });
  }

  paste(text: string): void {
    this.send({ type: 'input', event: { type: 'paste', text } });
  }

  enter(text: string): void {
    this.type(text);
    this.keys('enter');
  }

  /** Effects since the last call, but for the news that we write. */
  takeEffects(): Effect[] {
    return this.effects.splice(0).filter(({ type }) => type !== 'typing');
  }

  get room(): RoomState {
    return activeRoom(this.state);
  }

  get draft(): string {
    return editorText(this.room.editor);
  }

  /** The log and the pending lines below it, one string an entry. */
  get log(): string[] {
    const { room } = this;
    const brief = (item: LogItem | undefined): string => {
      if (item === undefined) return '?';
      if (item.type === 'note') return `${item.level}: ${item.text}`;
      const mark = { none: '', pending: ' …', accepted: ' ✓', failed: ' ✗' }[item.mark];
      return `${item.nick}: ${item.text}${mark}`;
    };
    const count = entriesEnd(room) - room.log.first;
    return Array.from({ length: count }, (_, i) => brief(entryAt(room, room.log.first + i)));
  }
}

/** Somebody says something in the lobby. */
export const message = (nick: string, text: string, more: object = {}): ClientEvent => ({
  type: 'message',
  room: '#lobby',
  seq: 1,
  id: `${nick}-${text}`,
  nick,
  kind: 'text',
  text,
  at: 1,
  own: false,
  history: false,
  ...more,
});
