// The run loop that every driver of a sans-IO core has, here around node:dgram: a server that
// shouts back and a client that calls it, each an Endpoint without clock, socket or timer.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Endpoint, type EndpointEvent, HmacRetryTokens, plaintext } from 'udpchat';

const random = { uint32: () => randomBytes(4).readUInt32BE() };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Runs an endpoint on a socket; the returned function is to be called after each command. */
async function run(endpoint: Endpoint, handle: (event: EndpointEvent) => void) {
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;

  // The loop: hand in, poll until dry, arm one timer.
  const turn = () => {
    const now = performance.now();
    if (endpoint.nextTimeout() <= now) endpoint.handleTimeout(now);
    for (let event = endpoint.pollEvent(); event; event = endpoint.pollEvent()) handle(event);
    for (let out = endpoint.pollTransmit(now); out; out = endpoint.pollTransmit(now)) {
      // The bytes are valid until the next call into the machine, and send() does not wait.
      socket.send(out.bytes.slice(), out.to.port, out.to.address);
    }
    clearTimeout(timer);
    const next = endpoint.nextTimeout();
    if (next < Infinity) timer = setTimeout(turn, Math.max(1, next - now));
    else if (endpoint.isDrained && isOver) socket.close();
  };

  socket.on('message', (bytes, from) => {
    endpoint.handleDatagram(performance.now(), from, bytes);
    turn();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { turn, port: socket.address().port };
}

let isOver = false;
const tokens = new HmacRetryTokens(randomBytes(32));
const server = new Endpoint({ random, handshakes: plaintext, tokens });
const { port } = await run(server, ({ connection, event }) => {
  if (event.type === 'message') {
    connection.send(event.channel, new TextEncoder().encode(text(event.bytes).toUpperCase()));
  }
  if (event.type === 'closed') isOver = true;
});

const client = new Endpoint({ random, handshakes: plaintext });
const { turn } = await run(client, ({ connection, event }) => {
  if (event.type === 'connected') connection.send(0, new TextEncoder().encode('hello'));
  if (event.type === 'message') {
    console.log(text(event.bytes));
    connection.end(performance.now(), { code: 256, reason: 'that was all' });
  }
});
client.connect(performance.now(), { address: '127.0.0.1', port });
turn();
