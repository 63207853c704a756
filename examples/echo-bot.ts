// A bot that answers lines which begin with its name: `echo-bot.js HOST PORT [NICK]`.
import { ChatClient } from 'udpchat';

const [host = '127.0.0.1', port = '5000', nick = 'echo'] = process.argv.slice(2);
const bot = new ChatClient({ host, port: Number(port), nick, history: 0 });

bot.on('event', (event) => {
  if (event.type === 'welcome') console.log(`here as ${event.nick}`);
  if (event.type === 'status' && event.status === 'reconnecting') console.log('reconnecting');
  if (event.type !== 'message' || event.own || event.history) return;
  const call = `${bot.nick}: `;
  if (event.room.startsWith('@')) bot.direct(event.nick, event.text);
  else if (event.text.startsWith(call)) {
    bot.post(event.room, `${event.nick}: ${event.text.slice(call.length)}`);
  }
});

process.once('SIGINT', () => bot.quit('switched off'));
process.once('SIGTERM', () => bot.quit('switched off'));
const { code, reason } = await bot.closed;
if (code !== 'quit') {
  console.error(reason);
  process.exitCode = 1;
}
