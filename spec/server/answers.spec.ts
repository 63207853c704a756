import t from 'tap';
import { decodeServerRecords } from '../../lib/chat/codec.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import { ChatPump } from '../support/chat-pump.ts';

/** A pump, and the types of all records that its clients are given from now on. */
function spied() {
  const pump = new ChatPump({ seed: 3 });
  const ana = pump.join('ana');
  const types: string[] = [];
  pump.spy = (bytes) => {
    for (const { record } of decodeServerRecords(bytes)) if (record) types.push(record.type);
  };
  return { pump, ana, types };
}

t.test('a line that comes back is the answer to its author, once', async (t) => {
  const { pump, ana, types } = spied();
  ana.session.post(pump.now, LOBBY, 'hi');
  pump.run();
  t.strictSame(types, ['message'], 'no record beside it');
  t.equal(ana.of('accepted').length, 1);
  t.equal(ana.session.pending, 0);
  t.match(ana.of('message'), [{ text: 'hi', own: true, seq: 1 }]);
});

t.test('who has left the room is answered all the same', async (t) => {
  const { pump, ana } = spied();
  ana.session.post(pump.now, LOBBY, 'a last word');
  ana.session.part(pump.now, LOBBY);
  pump.run();
  t.equal(ana.of('accepted').length + ana.of('rejected').length, 1);
  t.equal(ana.session.pending, 0);
});

t.test('ids of lines begin with the second, and none comes twice', async (t) => {
  const pump = new ChatPump({ seed: 4 });
  const people = [pump.join('ana'), pump.join('bob')];
  for (let i = 0; i < 50; i++)
    for (const person of people) person.session.post(pump.now, LOBBY, `line ${i}`);
  pump.run();
  const ids = people.flatMap((person) => person.of('pending').map(({ id }) => id));
  t.equal(new Set(ids).size, 100);
  const second = Math.floor((1_000_000 + pump.now) / 1000);
  for (const id of ids) t.equal(Number.parseInt(id.slice(0, 8), 16), second);
  t.strictSame(ids.slice(0, 50), ids.slice(0, 50).toSorted(), 'each is behind the one before');
});
