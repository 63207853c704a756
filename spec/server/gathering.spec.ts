import t from 'tap';
import { decodeServerRecords, encodeClientRecord } from '../../lib/chat/codec.ts';
import { LOBBY, MESSAGE_BYTES } from '../../lib/chat/config.ts';
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

t.test('lines that may wait go when they fill a message, the others at once', async (t) => {
  const gathering = new Gathering();
  const line = (value: number): Uint8Array => new Uint8Array(MESSAGE_BYTES / 4).fill(value);
  const due = (): (readonly number[])[] => gathering.take('due').map((one) => [...one.bytes]);
  gathering.addLine([1, 2], line(1), 100);
  gathering.addLine([1, 2], line(2), 110);
  gathering.answer(1, bytes(9));
  t.strictSame(due(), [[9]], 'answers do not wait');
  t.equal(gathering.holdUntil, 100, 'the oldest line says how long');
  for (const value of [3, 4, 5]) gathering.addLine([1, 2], line(value), 120);
  t.strictSame(due(), [[1, 2, 3, 4].flatMap((value) => [...line(value)])]);
  t.equal(gathering.holdUntil, 120);
  t.notOk(gathering.isEmpty);
  gathering.addLine([1, 2], line(6));
  t.strictSame(due(), [[5, 6].flatMap((value) => [...line(value)])], 'no longer busy');
  t.ok(gathering.isEmpty);
});

t.test('a host that closes lets nothing wait', async (t) => {
  const pump = new ChatPump({ seed: 1, chat: { busyMessages: 1, commitWork: 0, gatherFor: 1e6 } });
  const ana = pump.join('ana');
  const bob = pump.join('bob');
  for (let i = 0; i < 30; i++) {
    ana.session.post(pump.now, LOBBY, `line ${i}`);
    pump.advance(100);
  }
  t.ok(bob.lines.length < 30, 'the last ones wait');
  pump.hub.hurry();
  pump.run();
  t.equal(bob.lines.length, 30);
  t.equal(ana.of('accepted').length, 30);
});

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
