import t from 'tap';
import { decodeServerRecords, encodeClientRecord } from '../../lib/chat/codec.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import { Gathering } from '../../lib/server/gathering.ts';
import { ChatPump } from '../support/chat-pump.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

t.test(
  'lines to the same people go as one message, behind the answers to their writers',
  async (t) => {
    const gathering = new Gathering();
    t.ok(gathering.addLine([1, 2], bytes(1)));
    gathering.answer(1, bytes(2));
    t.ok(gathering.addLine([1, 2], bytes(3)), 'an equal list is the same list');
    gathering.answer(1, bytes(4));
    gathering.answer(2, bytes(5));
    t.notOk(gathering.addLine([1], bytes(6)), 'others have to be served first');
    t.strictSame(gathering.take(), [
      { peers: [1], bytes: bytes(2, 4) },
      { peers: [2], bytes: bytes(5) },
      { peers: [1, 2], bytes: bytes(1, 3) },
    ]);
    t.strictSame(gathering.take(), [], 'it is empty then');
  },
);

t.test('what one commit brings to a room costs each of its people one message', async (t) => {
  const pump = new ChatPump({ seed: 1 });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  const messages: string[][] = [];
  pump.spy = (message): void => {
    messages.push(decodeServerRecords(message).map(({ record }) => record?.type ?? 'broken'));
  };
  const posts = ['one', 'two', 'three'].map((text, i) => {
    const id = new Uint8Array(8).fill(i);
    return encodeClientRecord({ type: 'post', id, room: LOBBY, kind: 'text', text });
  });
  pump.inject(ana.peer ?? 0, Buffer.concat(posts));
  pump.run();
  t.strictSame(bob.lines, ['one', 'two', 'three'], 'in their order');
  const three = (type: string): string => `${type} ${type} ${type}`;
  const seen = messages.map((types) => types.join(' ')).toSorted();
  t.strictSame(seen, [three('message'), three('message')]);
});
