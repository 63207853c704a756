// The far side of the idle bench: `KIND PORT COUNT FIRST`. Peers that say nothing but what keeps
// them there; the raw ones send as many datagrams as heartbeats would be.
import { connect } from '../../lib/index.ts';
import { DEFAULT_TRANSPORT_CONFIG } from '../../lib/transport/config.ts';
import { peerAddress } from './fanout-peers.ts';
import { bound, KEYS } from './measure.ts';

const { heartbeatInterval, livenessGrain } = DEFAULT_TRANSPORT_CONFIG;

/** Bytes of a heartbeat, encrypted: header, number, PING and tag. */
const HEARTBEAT = new Uint8Array(24);

/** Connections that are being made at a time. */
const AT_ONCE = 50;

async function udpchat(port: number, count: number, first: number): Promise<void> {
  for (let i = first; i < first + count; i += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, first + count - i) }, async (_, j) => {
      const peer = await connect({ port, localAddress: peerAddress(i + j), ...KEYS });
      peer.on('close', ({ by, reason }) => {
        console.error(`a peer is gone, by ${by}: ${reason}`);
        process.exit(1);
      });
    });
    await Promise.all(some);
  }
}

/** Each tick its share, as the timers of connections have it, which wait for one another. */
async function raw(port: number, count: number): Promise<void> {
  const socket = await bound();
  const each = (count * livenessGrain) / heartbeatInterval.private;
  let owed = 0;
  setInterval(() => {
    for (owed += each; owed >= 1; owed--) socket.send(HEARTBEAT, port, '127.0.0.1');
  }, livenessGrain);
}

const [kind = '', port = '', count = '', first = ''] = process.argv.slice(2);
const kinds: Readonly<Record<string, typeof udpchat>> = { raw, udpchat };
await kinds[kind]?.(Number(port), Number(count), Number(first));
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
