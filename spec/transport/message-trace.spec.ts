import t from 'tap';
import { MessageTrace } from '../../lib/transport/message-trace.ts';
import { OutgoingMessage, type Piece } from '../../lib/transport/outgoing-message.ts';

function message(text: string): Piece {
  const bytes = new TextEncoder().encode(text);
  const options = { channel: 4, cost: bytes.length, fragmented: false, expiresAt: Infinity };
  return {
    message: new OutgoingMessage({ ...options, bytes }),
    offset: 0,
    length: bytes.length,
  };
}

const has =
  (text: string) =>
  (bytes: Uint8Array): boolean =>
    new TextDecoder().decode(bytes).includes(text);

t.test('a trace tells a copy from what is sent again after a loss', async (t) => {
  const trace = new MessageTrace();
  const pieces = [message('hello')];
  trace.onSent(0, { number: 1, pieces });
  trace.onSent(5, { number: 2, pieces });
  trace.onLost(30, { number: 1, pieces });
  trace.onSent(31, { number: 3, pieces });
  trace.onAcked(45, { number: 3, pieces });
  t.same(
    trace.find(has('hello'))?.map(({ at, what, packet }) => `${at} ${what} ${packet}`),
    ['0 sent 1', '5 copied 2', '30 lost 1', '31 resent 3', '45 acked 3'],
  );
  t.equal(trace.find(has('other')), undefined);
});

t.test('a trace forgets the oldest messages and cuts endless ones', async (t) => {
  const trace = new MessageTrace();
  for (let i = 0; i < 1000; i++) trace.onSent(i, { number: i, pieces: [message(`<${i}>`)] });
  t.equal(trace.find(has('<0>')), undefined);
  t.equal(trace.find(has('<999>'))?.length, 1);
  const pieces = [message('again and again')];
  for (let i = 0; i < 1000; i++) trace.onSent(i, { number: i, pieces });
  t.equal(trace.find(has('again'))?.length, 64);
});
