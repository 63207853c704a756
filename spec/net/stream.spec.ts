import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import t, { type Test } from 'tap';
import { connect, createServer, type UdpConnection } from '../../lib/index.ts';

/** A client and the server's end of its connection; both are gone after the test. */
async function connected(t: Test): Promise<{ client: UdpConnection; peer: UdpConnection }> {
  const server = createServer().listen({ port: 0, address: '127.0.0.1' });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = await connect({ port: server.address()?.port ?? 0 });
  client.send('here I am', 4);
  const [peer]: UdpConnection[] = await accepted;
  if (peer === undefined) throw new Error('nobody came');
  t.teardown(async () => {
    client.destroy();
    server.close();
    await once(server, 'close');
  });
  return { client, peer };
}

/** Bytes that repeat only after long, so that what is lost or swapped shows. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i + 4 <= length; i += 4)
    bytes.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);
  return bytes;
}

/** All that can be read. Those of `stream/consumers` destroy a stream that is still written. */
async function buffer(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  await once(stream, 'end');
  return Buffer.concat(parts);
}

const text = async (stream: Duplex): Promise<string> => (await buffer(stream)).toString();

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

t.test('what is piped in comes out the same, both ways at once, to its end', async (t) => {
  const { client, peer } = await connected(t);
  const [up, down] = [noise(5_000_000), noise(3_000_001)];
  const [near, far] = [client.stream(8), peer.stream(8)];
  const [atFar, atNear] = await Promise.all([
    buffer(far),
    buffer(near),
    pipeline(Readable.from([up.subarray(0, 7), up.subarray(7)]), near, { end: true }),
    pipeline(Readable.from([down]), far),
  ]);
  t.equal(digest(atFar), digest(up));
  t.equal(digest(atNear), digest(down));
});

t.test('a reader that does not read stops the writer; chat goes on', async (t) => {
  const { client, peer } = await connected(t);
  const [near, far] = [client.stream(8), peer.stream(8)];
  let written = 0;
  const whole = 30_000_000;
  const block = noise(100_000);
  const source = async function* () {
    for (; written < whole; written += block.length) yield block;
  };
  const done = pipeline(Readable.from(source()), near);
  far.once('readable', () => {});
  let before = -1;
  while (before !== written || written === 0) {
    before = written;
    await new Promise((ready) => setTimeout(ready, 300));
  }
  t.ok(written > 1_000_000 && written < 8_000_000, `${written} bytes taken`);
  const heard = once(peer, 'message');
  client.send('still there?', 4);
  t.equal(new TextDecoder().decode((await heard)[0]), 'still there?');
  const [read] = await Promise.all([buffer(far), done]);
  t.equal(read.length, whole);
});

t.test('an empty stream ends, and empty writes do not end one', async (t) => {
  const { client, peer } = await connected(t);
  client.stream(8).end();
  t.equal(await text(peer.stream(8)), '');
  const near = client.stream(12);
  near.write('');
  near.write('some');
  near.write('');
  near.end(' text');
  t.equal(await text(peer.stream(12)), 'some text');
});

t.test('what came whole can be read after the connection has ended', async (t) => {
  const { client, peer } = await connected(t);
  const far = peer.stream(8);
  const near = client.stream(8);
  near.end(noise(500_000));
  await once(near, 'finish');
  client.end();
  await once(peer, 'close');
  t.equal((await buffer(far)).length, 500_000);
});

t.test('a connection that ends too early destroys the stream, and nothing ends', async (t) => {
  const { client, peer } = await connected(t);
  const [near, far] = [client.stream(8), peer.stream(8)];
  let read = '';
  far.on('data', (part: Buffer) => {
    read += part.toString();
  });
  far.on('end', () => t.fail('an end that nobody wrote'));
  const closed = [once(near, 'close'), once(far, 'close')];
  near.write('half of');
  client.end();
  await Promise.all(closed);
  t.equal(read, 'half of');
  t.throws(() => client.send('x'), { code: 'ERR_CLOSED' });
});

t.test('a stream is one ordered reliable channel, and only once', async (t) => {
  const { client } = await connected(t);
  client.stream(8);
  for (const channel of [8, 1, 2, 3, -4, 0.5]) {
    t.throws(() => client.stream(channel), { code: 'ERR_CHANNEL' }, `${channel}`);
  }
});
