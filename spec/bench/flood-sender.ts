// A flood, in a process of its own: `PORT KIND COUNT RATE`. KIND is `hellos`, first packets of
// clients that do not exist, or `junk`, random bytes of all sizes; from many addresses, none of
// which answers. Tells the parent when it has sent COUNT of them, RATE a second.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { randomBytes, randomInt, SeededRandom } from '../../lib/base/random.ts';
import { createNoise } from '../../lib/crypto/noise.ts';
import { CLIENT_ID_LENGTH } from '../../lib/wire/packet.ts';
import { writeLongPacket } from '../../lib/wire/packet-codec.ts';
import { NOISE_VERSION } from '../../lib/wire/version.ts';

const [port, count, rate] = [process.argv[2], process.argv[4], process.argv[5]].map(Number);
const isHello = process.argv[3] === 'hellos';
const SOURCES = 250;
const JUNK_MAX = 1400;
/** ms between two bursts. */
const TICK = 2;

const random = new SeededRandom(1);
const noise = createNoise({ random });

async function source(i: number): Promise<Socket> {
  const socket = createSocket('udp4');
  const isBound = once(socket, 'listening');
  socket.bind(0, `127.${1 + (i >> 6)}.0.${1 + (i & 63)}`);
  await isBound;
  // What comes back is thrown away, as it would be by those whose addresses these are.
  socket.on('message', () => {});
  return socket;
}

const NOTHING = new Uint8Array(0);
const first = noise.initiate(NOTHING).start({ client: new Uint8Array(8), server: NOTHING });

function hello(): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(2048));
  const id = randomBytes(random, CLIENT_ID_LENGTH);
  const ids = { destination: NOTHING, source: id, token: NOTHING };
  const form = { form: 'long', type: 'initial', version: NOISE_VERSION } as const;
  writeLongPacket(writer, { ...form, ...ids, message: first });
  return writer.written().slice();
}

const sockets = await Promise.all(Array.from({ length: SOURCES }, (_, i) => source(i)));
const started = performance.now();
let sent = 0;
const timer = setInterval(() => {
  const due = Math.min(count ?? 0, ((performance.now() - started) * (rate ?? 0)) / 1000);
  for (; sent < due; sent++) {
    const bytes = isHello ? hello() : randomBytes(random, 1 + randomInt(random, JUNK_MAX));
    sockets[sent % SOURCES]?.send(bytes, port, '127.0.0.1');
  }
  if (sent < (count ?? 0)) return;
  clearInterval(timer);
  process.send?.({ sent });
}, TICK);
process.on('disconnect', () => process.exit(0));
