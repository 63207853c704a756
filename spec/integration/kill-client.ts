// A client that is killed: says a line every so often, tells what it sees on stdout, and keeps what
// has no answer. When its stdin ends it stops writing, and leaves once all is answered.
import { createHash } from 'node:crypto';
import { ChatClient, OutboxFile } from '../../lib/index.ts';

const [port = '', nick = '', file = '', interval = '', run = ''] = process.argv.slice(2);
/** Who is cut off for long writes no more than fits their outbox. */
const PENDING_MAX = 500;
/** ms before the host is tried again. */
const RETRY = 100;
/** ms for what others say to arrive. */
const LAST_WORDS = 1000;

const options = {
  host: '127.0.0.1',
  port: Number(port),
  nick,
  history: 0,
  identity: new Uint8Array(createHash('sha256').update(nick).digest()),
  outbox: new OutboxFile(file),
};
let client = join();

/** Again and again while the host is away: it has been killed, too. */
function join(): ChatClient {
  const joined = new ChatClient(options);
  let isIn = false;
  joined.on('event', (event) => {
    if (event.type === 'welcome') isIn = true;
    if (event.type === 'closed' && !isIn && event.code === 'unreachable') {
      setTimeout(() => {
        client = join();
      }, RETRY);
      return;
    }
    process.stdout.write(`${JSON.stringify(event)}\n`);
    if (event.type === 'closed') process.exit(0);
  });
  return joined;
}

let written = 0;
const writer = setInterval(() => {
  if (client.pending < PENDING_MAX) client.post('#lobby', `${nick} ${run} ${++written}`);
}, Number(interval));
process.stdin.resume();
process.stdin.on('end', () => {
  clearInterval(writer);
  setInterval(() => {
    if (client.pending === 0) setTimeout(() => client.quit(), LAST_WORDS);
  }, 50);
});
