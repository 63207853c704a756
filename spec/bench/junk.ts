import { once } from 'node:events';
import { SeededRandom } from '../../lib/base/random.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import { Driver } from '../../lib/net/driver.ts';
import { SystemRandom } from '../../lib/net/system-random.ts';
import { Endpoint } from '../../lib/transport/endpoint.ts';
import { Flag } from '../../lib/wire/packet.ts';
import { PLAINTEXT_VERSION } from '../../lib/wire/version.ts';
import { bound, compare, helper } from './measure.ts';

const DATAGRAMS = 50_000;

/** Held by the kernel for either receiver, bytes. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** What of a junk datagram is not random, and how long it is. */
const KINDS: readonly { name: string; head: readonly number[]; length: number }[] = [
  { name: 'no packet at all', head: [0], length: 100 },
  { name: 'of an unknown connection', head: [Flag.fixed | Flag.hasId], length: 100 },
  {
    name: 'an Initial, flipped',
    head: [Flag.long | Flag.fixed, ...uint32(PLAINTEXT_VERSION)],
    length: 1200,
  },
];

function uint32(value: number): readonly number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

/** `head`, two ids if it is an Initial, and random bytes from a fixed seed. */
function junk({ head, length }: { head: readonly number[]; length: number }): Buffer {
  const random = new SeededRandom(1);
  const bytes = Buffer.from(Array.from({ length }, () => random.uint32() & 0xff));
  bytes.set(head);
  if (head.length > 1) bytes.set([8, 1, 2, 3, 4, 5, 6, 7, 8, 0], head.length);
  return bytes;
}

/** CPU of this process for each datagram that arrived. */
async function perDatagram(port: number, bytes: Buffer, arrived: () => number): Promise<number> {
  const far = helper('junk-sender.ts', [port, bytes.toString('base64'), DATAGRAMS]);
  const before = process.cpuUsage();
  await once(far, 'message');
  const { user, system } = process.cpuUsage(before);
  far.kill();
  return (user + system) / arrived();
}

async function raw(bytes: Buffer): Promise<number> {
  const socket = await bound();
  socket.setRecvBufferSize(RECEIVE_BUFFER);
  let arrived = 0;
  socket.on('message', () => {
    arrived++;
  });
  const cpu = await perDatagram(socket.address().port, bytes, () => arrived);
  socket.close();
  return cpu;
}

async function ours(bytes: Buffer): Promise<number> {
  const endpoint = new Endpoint({
    random: new SystemRandom(),
    handshakes: plaintext,
    tokens: new HmacRetryTokens(new Uint8Array(32)),
  });
  const owner = {
    onTurn: (): void => {},
    onError: (error: Error): void => {
      throw error;
    },
  };
  const driver = await Driver.bind(endpoint, owner, { port: 0, address: '127.0.0.1' });
  const cpu = await perDatagram(driver.address.port, bytes, () => endpoint.counters.received);
  driver.close();
  return cpu;
}

/** What a datagram costs that is thrown away, against one that is only read. */
export async function junkRejection(): Promise<void> {
  for (const kind of KINDS) {
    const bytes = junk(kind);
    const title = `junk, ${kind.name}, ${kind.length} B`;
    await compare(title, () => ours(bytes), [
      { name: 'raw', run: () => raw(bytes), atLeast: 1 / 1.3 },
    ]);
  }
}
