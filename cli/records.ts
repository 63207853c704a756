import { sanitiseLine, sanitiseText } from '../lib/entry/words.ts';
import type { ClientEvent } from '../lib/index.ts';
import { printableJson } from './json.ts';

/** An event as one JSON object for scripts; undefined for what concerns this client alone. */
export function formatRecord(event: ClientEvent): string | undefined {
  const record = toRecord(event);
  return record === undefined ? undefined : printableJson(record);
}

function toRecord(event: ClientEvent): object | undefined {
  switch (event.type) {
    case 'message': {
      const { type, room, seq, id, nick, kind, text, ref = 0, edited, deleted } = event;
      const more = {
        ...(ref > 0 && { ref }),
        ...(edited && { edited }),
        ...(deleted && { deleted }),
      };
      const at = isoTime(event.at);
      return { type, room, seq, id, nick, ...(kind === 'action' && { kind }), text, ...more, at };
    }
    case 'edit':
    case 'delete':
    case 'react':
    case 'topic':
    case 'act': {
      const { own: _own, history: _history, ...record } = event;
      return { ...record, at: isoTime(event.at) };
    }
    case 'join':
    case 'leave':
    case 'gone': {
      const { type, room, nick, reason, at } = event;
      return { type, room, nick, ...(reason !== '' && { reason }), at: isoTime(at) };
    }
    case 'nick': {
      const { type, room, from, to, at } = event;
      return { type, room, from, to, at: isoTime(at) };
    }
    case 'notice': {
      const { level, code, text } = event;
      return { type: level === 'error' ? 'error' : 'system', code, text };
    }
    default:
      return undefined;
  }
}

/** An event as text for people, one line or, for a block, several; undefined as above. */
export function formatText(event: ClientEvent): string | undefined {
  switch (event.type) {
    case 'message': {
      const { nick, kind, at, deleted } = event;
      const text = deleted === true ? '(deleted)' : event.text;
      const said = kind === 'action' ? `* ${nick} ${text}` : `<${nick}> ${text}`;
      return `${clockTime(at)} ${sanitiseText(said).replaceAll('\n', '\n         ')}`;
    }
    case 'join':
    case 'leave':
    case 'gone': {
      const { type, nick, reason, at } = event;
      const what = { join: 'joined', leave: 'left', gone: 'is gone' }[type];
      const why = reason === '' ? '' : ` (${reason})`;
      return `${clockTime(at)} -- ${sanitiseLine(`${nick} ${what}${why}`)}`;
    }
    case 'edit':
    case 'delete':
    case 'react':
    case 'topic':
    case 'act':
      return `${clockTime(event.at)} -- ${sanitiseLine(describe(event))}`;
    case 'nick':
      return `${clockTime(event.at)} -- ${sanitiseLine(`${event.from} is now ${event.to}`)}`;
    case 'notice':
      return `-- ${sanitiseLine(event.text)}`;
    default:
      return undefined;
  }
}

/** What somebody did to a line, to the room or to a person, in words. */
function describe(
  event: Extract<ClientEvent, { type: 'edit' | 'delete' | 'react' | 'topic' | 'act' }>,
): string {
  const { nick } = event;
  switch (event.type) {
    case 'edit':
      return `${nick} changed #${event.ref}: ${event.text}`;
    case 'delete':
      return `${nick} deleted #${event.ref}`;
    case 'react':
      return `${nick} ${event.on ? 'gave' : 'took back'} ${event.text} for #${event.ref}`;
    case 'topic':
      return `${nick} set the topic: ${event.topic}`;
    case 'act':
      return [nick, event.act, event.to, event.text].filter((word) => word !== '').join(' ');
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** Local time, HH:MM:SS. */
function clockTime(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}
