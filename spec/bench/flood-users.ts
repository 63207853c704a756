// People who chat, in a process of their own: `PORT USERS INTERVAL`, a line each INTERVAL ms. To a
// message they answer with how long each tick took since the last one, ms, and who was cut off.
import { ChatClient } from '../../lib/index.ts';

const [port = 0, users = 0, interval = 0] = process.argv.slice(2, 5).map(Number);

let ticks: number[] = [];
let losses = 0;
for (let i = 0; i < users; i++) {
  const sent = new Map<string, number>();
  const client = new ChatClient({ host: '127.0.0.1', port, nick: `guest${i}`, history: 0 });
  client.on('event', (event) => {
    if (event.type === 'accepted') {
      ticks.push(performance.now() - (sent.get(event.id) ?? 0));
      sent.delete(event.id);
    } else if (event.type === 'joined') {
      setInterval(() => sent.set(client.post('#lobby', 'hello?'), performance.now()), interval);
    } else if (event.type === 'closed' || (event.type === 'status' && event.attempt > 1)) losses++;
  });
}
process.on('message', () => {
  process.send?.({ ticks, losses });
  ticks = [];
});
process.on('disconnect', () => process.exit(0));
