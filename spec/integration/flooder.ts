// A client that keeps to no pace: `PORT NICK SECONDS`. Writes as fast as the window lets it, and
// tells on stdout, as JSON, how many lines were accepted, and what the others were refused with.
import { ChatClient } from '../../lib/index.ts';

const [port = '', nick = '', seconds = ''] = process.argv.slice(2);
const client = new ChatClient({
  host: '127.0.0.1',
  port: Number(port),
  nick,
  history: 0,
  config: { lineRate: 1e6, lineBurst: 1e6, byteRate: 1e9, byteBurst: 1e9 },
});
const AHEAD = 100;
const counts = { accepted: 0, rejected: {} as Record<string, number>, closed: '' };
let isWriting = true;

const write = (): void => {
  while (isWriting && client.pending < AHEAD) client.post('#lobby', 'flood');
};
client.on('event', (event) => {
  if (event.type === 'joined') {
    write();
    setTimeout(() => {
      isWriting = false;
    }, Number(seconds) * 1000);
  } else if (event.type === 'accepted' || event.type === 'rejected') {
    if (event.type === 'accepted') counts.accepted++;
    else counts.rejected[event.code] = (counts.rejected[event.code] ?? 0) + 1;
    if (isWriting) setImmediate(write);
    else if (client.pending === 0) client.quit();
  } else if (event.type === 'closed') {
    counts.closed = event.code;
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    process.exit(0);
  }
});
