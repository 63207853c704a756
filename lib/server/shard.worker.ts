import { parentPort, workerData } from 'node:worker_threads';
import { plaintext } from '../crypto/plaintext.ts';
import { type DatagramSink, Driver, type DriverOwner } from '../net/driver.ts';
import { serverSecrets } from '../net/keys.ts';
import { SystemRandom } from '../net/system-random.ts';
import type { Transmit } from '../transport/machine.ts';
import { Shard } from './shard.ts';
import type { FromShard, ShardSetup, ToShard } from './shard-setup.ts';

const port = parentPort;
if (port === null) throw new Error('to be run as a worker thread');
const post = (message: FromShard): void => port.postMessage(message);
const { index, shards, identity, isPlaintext, transport, chat, bind } = workerData as ShardSetup;

const shard = new Shard({
  random: new SystemRandom(),
  ...serverSecrets({ identity, ...(isPlaintext && { handshakes: plaintext }) }),
  transport,
  chat,
  index,
  shards,
});

/** What the one receiver is to send for us, gathered until the turn ends. */
let transmits: Transmit[] = [];
const flush = (): void => {
  const sent = transmits;
  transmits = [];
  const news = shard.takeNews(sent);
  if (news !== undefined) post({ type: 'news', ...news });
};
const sink: DatagramSink = {
  address: { address: '', port: 0 },
  send: (bytes, { address, port: to }) => {
    if (transmits.length === 0) queueMicrotask(flush);
    transmits.push({ to: { address, port: to }, bytes: bytes.slice() });
  },
  close: () => {},
};

const owner: DriverOwner = {
  onTurn: flush,
  onWarning: (text) => post({ type: 'warning', text }),
  // The thread ends with it, and is started again.
  onError: (error) => {
    throw error;
  },
};
const driver =
  bind === undefined
    ? Driver.over(shard, owner, sink)
    : await Driver.bind(shard, owner, { ...bind, reusePort: true });
port.on('message', (message: ToShard) => {
  const now = Driver.now();
  if ('type' in message) {
    post({ type: 'figures', figures: shard.figures(now) });
    return;
  }
  for (const order of message) shard.carryOut(now, order);
  driver.wake();
});
post({ type: 'ready' });
