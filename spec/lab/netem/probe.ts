// One end of a stream of UDP packets, in a network namespace: run by netem.ts, which talks to it.
import { createSocket } from 'node:dgram';

/** Bytes of number and time in front of a packet. */
const HEADER = 12;

type Order =
  | { readonly type: 'receive'; readonly address: string }
  | {
      readonly type: 'send';
      readonly to: { readonly address: string; readonly port: number };
      readonly packets: number;
      readonly spacing: number;
      readonly bytes: number;
    }
  | { readonly type: 'stop' };

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const socket = createSocket('udp4');
let arrivals: [number, number][] = [];

socket.on('message', (bytes) => {
  const at = now();
  arrivals.push([bytes.readUInt32BE(0), at - bytes.readDoubleBE(4)]);
});

function send({ to, packets, spacing, bytes }: Extract<Order, { type: 'send' }>): void {
  const buffer = Buffer.alloc(Math.max(bytes, HEADER));
  const began = now();
  let count = 0;
  const turn = (): void => {
    // Late packets follow one another no faster than a fourth of their spacing.
    if (count < packets && began + count * spacing <= now()) {
      buffer.writeUInt32BE(count++, 0);
      buffer.writeDoubleBE(now(), 4);
      socket.send(Uint8Array.from(buffer), to.port, to.address);
    }
    if (count === packets) process.send?.({ type: 'sent', took: now() - began });
    else setTimeout(turn, Math.max(spacing / 4, began + count * spacing - now()));
  };
  turn();
}

process.on('message', (order: Order) => {
  if (order.type === 'send') send(order);
  else if (order.type === 'receive') {
    socket.bind(0, order.address, () => {
      try {
        socket.setRecvBufferSize(4 * 1024 * 1024);
      } catch {
        // The default does for a packet a millisecond.
      }
      process.send?.({ type: 'bound', port: socket.address().port });
    });
  } else {
    process.send?.({ type: 'arrivals', arrivals });
    arrivals = [];
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ type: 'ready' });
