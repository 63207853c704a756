// One end of a stream of UDP packets, in a network namespace: run by netem.ts, which talks to it.
import { createSocket } from 'node:dgram';

/** Bytes of number and time in front of a packet. */
const HEADER = 12;

type Order =
  | { readonly type: 'receive'; readonly address: string }
  | { readonly type: 'connect'; readonly address: string; readonly port: number }
  | {
      readonly type: 'send';
      readonly packets: number;
      /** Between two packets on average, ms. */
      readonly spacing: number;
      /** So many leave together. */
      readonly burst: number;
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

function send({ packets, spacing, burst, bytes }: Extract<Order, { type: 'send' }>): void {
  const buffer = Buffer.alloc(Math.max(bytes, HEADER));
  const times: number[] = [];
  const began = now();
  let count = 0;
  const turn = (): void => {
    for (let i = 0; i < burst && count < packets; i++) {
      buffer.writeUInt32BE(count++, 0);
      const at = now();
      times.push(at - began);
      buffer.writeDoubleBE(at, 4);
      // What is not sent at once is sent from the very buffer, later.
      socket.send(socket.getSendQueueCount() > 0 ? Buffer.from(buffer) : buffer);
    }
    if (count === packets) process.send?.({ type: 'sent', times });
    // What comes late does not hurry: the emulator is given the same packets at the same times.
    else setTimeout(turn, burst * spacing);
  };
  turn();
}

process.on('message', (order: Order) => {
  if (order.type === 'send') send(order);
  else if (order.type === 'connect') {
    socket.connect(order.port, order.address, () => process.send?.({ type: 'connected' }));
  } else if (order.type === 'receive') {
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
