import type {
  ActEvent,
  DeleteEvent,
  EditEvent,
  ReactEvent,
  TopicEvent,
} from '../../../lib/index.ts';
import { findItem, itemAt, type LineItem, type Reaction, replaceAt } from './log.ts';
import { keepOrphan, type RoomState } from './room.ts';
import { addNote, findRoom, updateRoom, type WindowState } from './state.ts';

/** Different signs that a line shows; whoever reacts with more of them is not shown. */
const MAX_REACTIONS = 20;

/** Entries of a room's log that say something about an earlier line, the room, or a person. */
export function reduceEntry(
  state: WindowState,
  event: EditEvent | DeleteEvent | ReactEvent | TopicEvent | ActEvent,
): WindowState {
  const { room } = event;
  switch (event.type) {
    case 'edit':
      return changeLine(state, room, event.ref, (line) => ({
        ...line,
        text: event.text,
        edited: true,
      }));
    case 'delete':
      return changeLine(state, room, event.ref, (line) => ({ ...line, text: '', deleted: true }));
    case 'react':
      return onReact(state, event);
    case 'topic':
      return onTopic(state, event);
    case 'act':
      return addNote(state, 'info', actText(event), { at: event.at, room, past: event.history });
  }
}

/** The line with a number, and its index in the log. */
export function lineBySeq(
  room: RoomState,
  seq: number,
): { item: LineItem; index: number } | undefined {
  const { log } = room;
  const isIt = (item: { type: string; seq?: number }): boolean => item.seq === seq;
  const index = findItem(log, log.end - 1, -1, (item) => item.type === 'line' && isIt(item));
  const item = index === undefined ? undefined : itemAt(log, index);
  return index === undefined || item?.type !== 'line' ? undefined : { item, index };
}

function changeLine(
  state: WindowState,
  name: string,
  seq: number,
  change: (line: LineItem) => LineItem,
): WindowState {
  return updateRoom(state, name, (room) => {
    const found = lineBySeq(room, seq);
    if (found === undefined) return room; // older than what we keep
    return { ...room, log: replaceAt(room.log, found.index, change(found.item)) };
  });
}

function onReact(state: WindowState, event: ReactEvent): WindowState {
  const room = findRoom(state, event.room);
  if (room !== undefined && lineBySeq(room, event.ref) === undefined) {
    return updateRoom(state, event.room, (target) => keepOrphan(target, event));
  }
  return changeLine(state, event.room, event.ref, (line) => withReaction(line, event));
}

function withReaction(line: LineItem, { text: emoji, nick, on }: ReactEvent): LineItem {
  const before = line.reactions ?? [];
  const given = before.find((reaction) => reaction.emoji === emoji);
  const others = (given?.nicks ?? []).filter((other) => other !== nick);
  const after: Reaction = { emoji, nicks: on ? [...others, nick] : others };
  const reactions =
    given === undefined
      ? [...before, after]
      : before.map((reaction) => (reaction === given ? after : reaction));
  const shown = reactions.filter(({ nicks }) => nicks.length > 0).slice(0, MAX_REACTIONS);
  return { ...line, reactions: shown };
}

function onTopic(state: WindowState, { room, nick, topic, at, history }: TopicEvent): WindowState {
  const next = updateRoom(state, room, (target) => ({
    ...target,
    topic: history ? target.topic : topic,
  }));
  const text = topic === '' ? `${nick} took the topic away` : `${nick} set the topic: ${topic}`;
  return addNote(next, 'info', text, { at, room, past: history });
}

const ACTS: Readonly<Record<ActEvent['act'], string>> = {
  mode: 'set the mode',
  kick: 'kicked',
  ban: 'banned',
  unban: 'unbanned',
  mute: 'muted',
  unmute: 'unmuted',
  op: 'gave op to',
  deop: 'took op from',
};

function actText({ act, nick, to, text }: ActEvent): string {
  if (act === 'mode') return `${nick} ${ACTS.mode} ${text}`;
  return `${nick} ${ACTS[act]} ${to}${text === '' ? '' : ` (${text})`}`;
}
