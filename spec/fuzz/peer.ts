import { randomBytes, randomInt, SeededRandom } from '../../lib/base/random.ts';
import { DEFAULT_TRANSPORT_CONFIG } from '../../lib/transport/config.ts';
import type { Endpoint } from '../../lib/transport/endpoint.ts';
import { isLong, readShortHeader } from '../../lib/wire/packet-codec.ts';
import { Forger } from '../support/forger.ts';
import { Pair } from '../support/pair.ts';
import { Soup, sealLong } from '../support/soup.ts';
import { demand, type Target } from './target.ts';

/** Datagrams in one round, each to a connection that stands, or a new one if it was closed. */
const DATAGRAMS = 200;

/** Bytes of the tag of plaintext packets (spec/protocol section 3.5). */
const TAG = 4;

const CLIENT = { address: '10.0.0.2', port: 40_000 };
const STRANGER = { address: '10.0.0.66', port: 6_666 };

/** A client that cheats: real packets changed and sealed again, soup, replays, junk. */
class Cheat {
  readonly #random: SeededRandom;
  readonly #soup: Soup;
  readonly #pair: Pair;
  readonly #forger: Forger;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#soup = new Soup(random);
    this.#pair = new Pair({ seed: random.uint32(), delay: 1 }).connect();
    this.#chat();
    this.#pair.run(20);
    this.#forger = new Forger(this.#pair);
  }

  get isOpen(): boolean {
    return this.#pair.accepted?.isOpen ?? false;
  }

  /** One datagram, and what follows from it. */
  strike(): void {
    const pair = this.#pair;
    const from = this.#int(20) === 0 ? STRANGER : CLIENT;
    pair.server.handleDatagram(pair.now, from, this.#datagram());
    pair.flush();
    check(pair.server, pair.now);
    if (this.#int(8) === 0) this.#chat();
    if (this.#int(8) === 0) pair.run(this.#int(40));
    if (this.#int(50) === 0) pair.reads = !pair.reads;
  }

  /** Leaves, and sees to it that nothing stays armed (invariant 20). */
  leave(): void {
    const pair = this.#pair;
    pair.reads = true;
    pair.server.close(pair.now, { code: 0, reason: '' });
    pair.client.close(pair.now, { code: 0, reason: '' });
    pair.run(60_000);
    demand(pair.server.isDrained && pair.server.size === 0, 'invariant 20: a connection is left');
    const isArmed = pair.server.nextTimeout() < Number.POSITIVE_INFINITY;
    demand(!isArmed, 'invariant 20: a timer is armed after close');
  }

  #chat(): void {
    const { connection, accepted } = this.#pair;
    const channel = [0, 4, 5, 3][this.#int(4)] ?? 0;
    const most = channel !== 3 && this.#int(10) === 0 ? 20_000 : 300;
    const bytes = new Uint8Array(this.#int(most));
    for (const side of [connection, accepted]) {
      if (side?.isOpen && this.#int(2) === 0) side.send(channel, bytes);
    }
    this.#pair.flush();
  }

  #datagram(): Uint8Array {
    const random = this.#random;
    switch (this.#int(10)) {
      case 0:
        return randomBytes(random, this.#int(1_300));
      case 1:
        return this.#soup.longPacket();
      case 2:
        return this.#changed();
      case 3:
        return this.#real().slice();
      case 4:
      case 5:
      case 6:
        return this.#forger.packet(this.#soup.payload().subarray(0, 1_400));
      default:
        return this.#resealed();
    }
  }

  /** A packet of the real client, damaged behind its tag: past every check but the decoder's. */
  #resealed(): Uint8Array {
    const real = this.#real();
    const header = readShortHeader(real);
    if (isLong(real) || typeof header === 'string') return this.#changed();
    const payload = real.slice(header.length, real.length - TAG);
    for (let i = this.#int(4); i >= 0; i--) this.#soup.damage(payload);
    return this.#forger.packet(payload);
  }

  /** The same, damaged anywhere; a long packet with its checksum made right again. */
  #changed(): Uint8Array {
    const bytes = this.#real().slice();
    for (let i = this.#int(4); i >= 0; i--) this.#soup.damage(bytes);
    if (isLong(bytes)) sealLong(bytes);
    return this.#int(4) === 0 ? bytes.subarray(0, this.#int(bytes.length + 1)) : bytes;
  }

  #real(): Uint8Array {
    const sent = this.#pair.wire.filter(({ to }) => to === 'server');
    return sent[this.#int(sent.length)]?.bytes ?? new Uint8Array(0);
  }

  #int(bound: number): number {
    return randomInt(this.#random, bound);
  }
}

/** What must hold of every connection whatever its peer says: invariants 5, 8 and 10. */
export function check(endpoint: Endpoint, now: number): void {
  for (const connection of endpoint.connections) {
    const seen = connection.inspect();
    demand(seen.bytesInFlight === seen.unresolvedBytes, 'invariant 5: bytes in flight');
    const held = seen.bufferedReceiveBytes;
    demand(held >= 0, `invariant 10: holds ${held} B`);
    demand(held <= DEFAULT_TRANSPORT_CONFIG.receiveWindow, `invariant 10: holds ${held} B`);
    if (connection.state === 'closed') continue;
    const isArmed = seen.nextTimeout < Number.POSITIVE_INFINITY;
    demand(isArmed, `invariant 8: ${connection.state} and nothing armed`);
    for (const [name, value] of Object.entries(connection.stats(now))) {
      if (typeof value !== 'number') continue;
      demand(Number.isFinite(value) && value >= 0, `${name} is ${value}`);
    }
  }
}

/** Everything that a peer can say to a server, with the tag right and wrong. */
export const peer: Target = {
  name: 'peer',
  round(seed) {
    const random = new SeededRandom(seed);
    let cheat = new Cheat(random);
    for (let i = 0; i < DATAGRAMS; i++) {
      if (!cheat.isOpen) {
        cheat.leave();
        cheat = new Cheat(random);
      }
      cheat.strike();
    }
    cheat.leave();
    return DATAGRAMS;
  },
};
