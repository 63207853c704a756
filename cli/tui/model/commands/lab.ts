import { judgeLab } from '../../../../lib/entry/words.ts';
import { labText } from '../room.ts';
import { findRoom, type WindowState } from '../state.ts';
import { type Command, effect, error, info, type LineResult } from './command.ts';

const LAB: Command = {
  name: 'lab',
  usage: '/lab [IMPAIRMENT or off] [#ROOM]',
  help: 'a bad network for a room: /lab loss 20% (ops); alone: what is on',
  run(args, state): LineResult {
    const [, text = '', named] = /^(.*?)\s*(#\S+)?$/s.exec(args) ?? [];
    const room = named ?? state.room;
    if (!room.startsWith('#')) return error('only rooms have a lab; /lab loss 20% #ROOM');
    if (text === '') return info(describeLab(state, room));
    if (text === 'off') return effect({ type: 'lab', room, impairment: '' });
    // The server judges as well: here the whole of the answer fits.
    const verdict = judgeLab(text);
    if ('reason' in verdict) return error(`/lab ${text}: ${verdict.reason}`);
    return effect({ type: 'lab', room, impairment: verdict.impairment });
  },
};

function describeLab(state: WindowState, room: string): string {
  const lab = findRoom(state, room)?.lab;
  if (lab === undefined) return `no lab is on in ${room}; an operator begins one: /lab loss 20%`;
  return labText(lab, state.settings);
}

/** Experiments with everybody. */
export const LAB_COMMANDS: readonly Command[] = [LAB];
