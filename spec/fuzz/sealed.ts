import { randomBytes, randomInt, SeededRandom } from '../../lib/base/random.ts';
import { isLong } from '../../lib/wire/packet-codec.ts';
import { Pair } from '../support/pair.ts';
import { Soup, sealLong } from '../support/soup.ts';
import { check } from './peer.ts';
import { demand, type Target } from './target.ts';

/** Datagrams in one round, to the two ends of one encrypted connection. */
const DATAGRAMS = 400;

const CLIENT = { address: '10.0.0.2', port: 40_000 };
const SERVER = { address: '10.0.0.1', port: 5_000 };

/**
 * Somebody on the path of an encrypted connection, from its first packet on: damages, replays,
 * reflects and invents what is on the wire, long packets with their checksums made right again.
 * Nothing of it may be read as a message, and if the handshake ended, the two must be able to talk.
 */
export const sealed: Target = {
  name: 'sealed',
  round(seed) {
    const random = new SeededRandom(seed);
    const soup = new Soup(random);
    const int = (bound: number): number => randomInt(random, bound);
    const config = { rekeyPackets: 20, handshakeTimeout: 60_000 };
    const pair = new Pair({ seed, delay: 1, config, handshakes: 'noise' });
    let said = 0;
    const forge = (): Uint8Array => {
      const real = pair.wire[int(pair.wire.length)]?.bytes.slice() ?? new Uint8Array(0);
      if (int(4) === 0) return int(2) === 0 ? soup.longPacket() : randomBytes(random, int(1_300));
      if (int(4) === 0) return real;
      for (let i = int(4); i >= 0; i--) soup.damage(real);
      if (isLong(real)) sealLong(real);
      return int(4) === 0 ? real.subarray(0, int(real.length + 1)) : real;
    };
    for (let i = 0; i < DATAGRAMS; i++) {
      const bytes = forge();
      if (int(2) === 0) pair.server.handleDatagram(pair.now, CLIENT, bytes);
      else pair.client.handleDatagram(pair.now, SERVER, bytes);
      pair.flush();
      check(pair.server, pair.now);
      check(pair.client, pair.now);
      if (int(6) === 0) pair.run(int(40));
      if (int(6) === 0 && pair.connection.isOpen) {
        pair.connection.send(4, new TextEncoder().encode(`${said++}`));
      }
    }
    const isDone = (): boolean => pair.texts('server', 4).length === said;
    pair.run(1_000);
    // Who is on the path can keep a handshake from ending, but not what stands from standing.
    if (pair.connection.peerKey === undefined) return DATAGRAMS;
    demand(pair.connection.isOpen, 'a forged packet closed the connection');
    demand(pair.run(120_000, isDone), 'the two can talk no more');
    const lines = pair.texts('server', 4);
    demand(
      lines.every((line, at) => line === `${at}`),
      'something was read that was not said',
    );
    return DATAGRAMS;
  },
};
