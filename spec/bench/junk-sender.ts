// The far side of the junk bench: `PORT BASE64 COUNT`. Sends a datagram so many times, at a pace
// that the receiver keeps up with, and tells the parent when it is done.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Datagrams a ms: half of what a socket of Node's can read. */
const BURST = 100;

const [port = '', datagram = '', count = ''] = process.argv.slice(2);
const bytes = Buffer.from(datagram, 'base64');
const socket = createSocket('udp4');
socket.connect(Number(port), '127.0.0.1');
await once(socket, 'connect');
socket.on('error', () => {});
for (let sent = 0; sent < Number(count); sent++) {
  socket.send(bytes);
  if (sent % BURST === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
process.send?.({ sent: true });
process.on('disconnect', () => process.exit(0));
