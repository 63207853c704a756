// Clients of the bench of durable posts, in a process of their own: `PORT CLIENTS AHEAD WHERE`.
// Each keeps AHEAD lines without an answer, in a room of its own or (`together`) in the lobby. To a
// message they answer with the ticks since the last one, how long each took (ms), and the
// microseconds of CPU meanwhile.
import { ChatClient } from '../../lib/index.ts';
import { words } from './words.ts';

const [port, clients, ahead] = process.argv.slice(2, 5).map(Number);
const isTogether = process.argv[5] === 'together';
/** No pace of its own: what is measured is the server. */
const config = { lineRate: 1e9, lineBurst: 1e9, byteRate: 1e9, byteBurst: 1e9 };

/** Made beforehand: that is no work of a client. */
const texts = Array.from({ length: 1000 }, (_, i) => words(i));

let ticks: number[] = [];
let before = process.cpuUsage();
let written = 0;
for (let i = 0; i < (clients ?? 0); i++) {
  const room = isTogether ? '#lobby' : `#room${i}`;
  const sent = new Map<string, number>();
  const client = new ChatClient({
    host: '127.0.0.1',
    port: port ?? 0,
    nick: `guest${i}`,
    rooms: [room],
    history: 0,
    config,
  });
  const post = (): void => {
    sent.set(client.post(room, texts[++written % texts.length] ?? ''), performance.now());
  };
  client.on('event', (event) => {
    if (event.type === 'accepted') {
      ticks.push(performance.now() - (sent.get(event.id) ?? 0));
      sent.delete(event.id);
      post();
    } else if (event.type === 'joined') for (let k = 0; k < (ahead ?? 0); k++) post();
    else if (event.type === 'closed' || event.type === 'rejected') {
      process.send?.({ failed: `${event.type} ${event.code}: ${event.reason}` });
    }
  });
}
process.on('message', () => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  process.send?.({ ticks, cpu: user + system });
  ticks = [];
});
process.on('disconnect', () => process.exit(0));
