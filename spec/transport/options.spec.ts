import t from 'tap';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { randomFloat } from '../../lib/base/random.ts';
import { AckTracker, AckUrgency, STREAM_RUN } from '../../lib/transport/ack-tracker.ts';
import {
  DEFAULT_TRANSPORT_CONFIG,
  MIN_WINDOW,
  type TransportConfig,
} from '../../lib/transport/config.ts';
import { Pacer } from '../../lib/transport/pacer.ts';
import type { InitialPacket } from '../../lib/wire/packet.ts';
import { isLong, readLongPacket, writeLongPacket } from '../../lib/wire/packet-codec.ts';
import { Pair } from '../support/pair.ts';
import {
  type Config,
  connected,
  lossy,
  sent,
  speed,
  talk,
  timeUntil,
} from '../support/workloads.ts';

/** What grows when an option goes from the first of its values to the second. */
interface Row<K extends keyof TransportConfig = keyof TransportConfig> {
  readonly values: readonly [TransportConfig[K], TransportConfig[K]];
  readonly measure: (config: Config) => number;
}

const SERVER = { address: '10.0.0.1', port: 5_000 };
const NOWHERE = (): { drop: true } => ({ drop: true });

/** Both classes of path alike: the pair is on private addresses. */
function both<T>(value: T): { private: T; public: T } {
  return { private: value, public: value };
}

/** Probes of a lone line that nobody answers, in the 2 s before the peer is suspect. */
const unanswered = (config: Config): number => {
  const pair = connected(config);
  pair.fate = NOWHERE;
  pair.connection.send(0, new Uint8Array(10));
  return sent(pair, 2_000);
};

/** How long a line that got lost amid others takes, one every ms, ms. */
const repair = (config: Config): number => {
  const pair = connected({ copyThresholds: [], ...config }, { delay: 20 });
  talk(pair, 20, 20);
  const lost = pair.wire.length;
  pair.fate = ({ index }) => ({ drop: index === lost });
  const before = pair.serverEvents.length;
  const start = pair.now;
  pair.connection.send(0, new Uint8Array(7));
  pair.run(1);
  talk(pair, 40, 1);
  const isThere = (): boolean =>
    pair.serverEvents
      .slice(before)
      .some((event) => event.type === 'message' && event.bytes.length === 7);
  if (!isThere()) pair.run(10_000, isThere);
  return pair.now - start;
};

/** Copies of lines at 20 % loss. */
const copies = (config: Config, lines = 300, interval = 20): number => {
  const pair = talk(lossy(config, 0.2), lines, interval);
  return pair.connection.stats(pair.now).copies;
};

/** Datagrams that a pacer lets out at once, at 4 datagrams a ms, after a rest. */
const burst = (config: Config, rate = 4_800): number => {
  const pacer = new Pacer({ ...DEFAULT_TRANSPORT_CONFIG, ...config });
  pacer.setRate(0, rate);
  pacer.onSent(0, 50_000);
  let count = 0;
  for (; pacer.isOpen(1e6) && count < 100; count++) pacer.onSent(1e6, 1_200);
  return count;
};

/** How long the last of some packets waits for its ack, ms. */
const ackDelay = (config: Config, urgency: AckUrgency, packets: number): number => {
  const tracker = new AckTracker({ ...DEFAULT_TRANSPORT_CONFIG, ...config });
  for (let number = 0; number < packets; number++) {
    tracker.onAckSent(0);
    tracker.onPacket(0, { number, urgency, srtt: 1_000 });
  }
  return tracker.deadline;
};

/** Cost of what is sent to somebody who never reads. */
const unread = (config: Config, channels: number): number => {
  const pair = connected({ sendLimit: 64 * 1024 * 1024, mtuProbeMax: 1200, ...config });
  pair.reads = false;
  for (let channel = 0; channel < 4 * channels; channel += 4) {
    for (let i = 0; i < 6; i++) pair.connection.send(channel, new Uint8Array(1_000_000));
  }
  pair.run(20_000);
  return pair.sizes.server;
};

/** Sends until something is said about it. */
const sendsUntil = (config: Config, isOver: (pair: Pair, i: number) => boolean): number => {
  const pair = connected(config);
  for (let i = 0; ; i++) {
    try {
      if (isOver(pair, i)) return i;
    } catch {
      return i;
    }
  }
};

/** Probes in the first 2 s of suspicion. */
const suspicion = (config: Config): number => {
  const pair = connected(config);
  pair.fate = NOWHERE;
  timeUntil(pair, 'liveness');
  return sent(pair, 2_000);
};

/** Time from the last word to the verdict, ms. */
const detection = (config: Config): number => {
  const pair = connected(config);
  pair.fate = NOWHERE;
  return timeUntil(pair, 'closed', 120_000);
};

/** The client's last Initial. */
function initialOf(pair: Pair): InitialPacket {
  for (const { bytes } of pair.wire.toReversed()) {
    const packet = readLongPacket(bytes);
    if (typeof packet === 'object' && packet.type === 'initial') return packet;
  }
  throw new Error('no Initial was sent');
}

/** A client that got so many forged Retries, one every 10 ms. */
const retried = (config: Config, retries: number): Pair => {
  const pair = new Pair({ config, seed: 3 });
  pair.fate = NOWHERE;
  pair.run(1);
  const { version, source: destination, destination: source } = initialOf(pair);
  for (let i = 0; i < retries; i++) {
    const writer = new ByteWriter(new Uint8Array(200));
    const token = new Uint8Array([i + 1]);
    writeLongPacket(writer, { form: 'long', version, destination, source, type: 'retry', token });
    pair.client.handleDatagram(pair.now, SERVER, writer.written());
    pair.run(10);
  }
  return pair;
};

/** 1: a client gets in although four others begin in its name before its last message. */
const admitted = (config: Config): number => {
  const pair = new Pair({ config, seed: 3, handshakes: 'noise' });
  const hasToken = (): boolean => pair.wire.length > 0 && initialOf(pair).token.length > 0;
  pair.run(1_000, hasToken);
  const initial = initialOf(pair);
  pair.run(15);
  for (let i = 1; i <= 4; i++) {
    const message = initial.message.slice();
    message[8] = (message[8] ?? 0) ^ i;
    const writer = new ByteWriter(new Uint8Array(1_500));
    writeLongPacket(writer, { ...initial, message });
    pair.server.handleDatagram(pair.now, pair.clientAddress, writer.written());
  }
  return pair.run(100, () => pair.accepted !== undefined) ? 1 : 0;
};

/** Key changes on the wire. */
const rekeyed = (config: Config): number => {
  const pair = connected(config, { handshakes: 'noise' });
  talk(pair, 200, 50);
  return pair.connection.inspect().keyUpdates;
};

/** Heartbeats, by when they leave, in a minute. */
const beats = (config: Config): number[] => {
  const pair = connected(config);
  pair.wire.length = 0;
  pair.run(60_000);
  return pair.wire.filter(({ to }) => to === 'server').map(({ at }) => at);
};

const rows: { readonly [K in keyof TransportConfig]: Row<K> } = {
  maxDatagramSize: {
    values: [1_000, 1_200],
    measure: (config) => {
      const pair = connected({ mtuProbeMax: 1_000, ...config });
      speed(pair, 20_000);
      return Math.max(
        ...pair.wire.filter(({ bytes }) => !isLong(bytes)).map((w) => w.bytes.length),
      );
    },
  },
  mtuProbeMax: { values: [1_200, 1_452], measure: (config) => mtu(config, 300_000) },
  mtuProbeBacklog: { values: [500_000, 16_384], measure: (config) => mtu(config, 300_000) },
  mtuRaiseInterval: {
    values: [600_000, 500],
    measure: (config) => {
      const pair = connected(config);
      pair.fate = ({ bytes }) => ({ drop: bytes.length > 1_200 });
      for (let i = 0; i < 5; i++) {
        speed(pair, 300_000);
        pair.run(1_000);
      }
      return pair.wire.filter(({ bytes }) => bytes.length > 1_200).length;
    },
  },
  initialRtt: {
    values: [both(50), both(100)],
    measure: (config) => {
      const pair = new Pair({ config, seed: 3 });
      pair.fate = NOWHERE;
      pair.run(5_000, () => pair.wire.length === 2);
      return pair.now;
    },
  },
  ptoVarianceFloor: {
    values: [2, 50],
    measure: (config) => {
      const pair = talk(connected(config), 50, 50);
      return pair.connection.stats(pair.now).rto;
    },
  },
  ptoLinearExpiries: { values: [1, 6], measure: unanswered },
  ptoBackoff: { values: [3, 1.1], measure: unanswered },
  ptoMax: { values: [2_000, 50], measure: unanswered },
  packetThreshold: { values: [3, 1_000], measure: repair },
  reorderWindowShare: {
    values: [0.1, 1],
    measure: (config) => repair({ packetThreshold: 1_000, ...config }),
  },
  reorderWindowFloor: {
    values: [1, 35],
    measure: (config) => repair({ packetThreshold: 1_000, ...config }),
  },
  minRttWindow: {
    values: [60_000, 1_000],
    measure: (config) => {
      const pair = talk(connected(config, { delay: 5 }), 20, 20);
      pair.fate = () => ({ delay: 30 });
      talk(pair, 100, 50);
      return pair.connection.stats(pair.now).minRtt;
    },
  },
  bulkAckDelay: { values: [1, 20], measure: (config) => ackDelay(config, AckUrgency.soon, 1) },
  maxAckDelay: {
    values: [5, 25],
    measure: (config) => ackDelay(config, AckUrgency.message, STREAM_RUN + 1),
  },
  bundleMaxBytes: { values: [10, 512], measure: copies },
  copyThresholds: { values: [[], [0.005]], measure: copies },
  thinMaxMessages: { values: [0, 64], measure: (config) => copies(config, 300, 2) },
  copySpacingFloor: { values: [500, 1], measure: copies },
  queueDelayFloor: {
    values: [1, 1_000],
    measure: (config) => {
      const pair = connected(config, { delay: 5 });
      talk(pair, 20, 20);
      pair.fate = () => ({
        drop: randomFloat(pair.random) < 0.2,
        delay: 20 + randomFloat(pair.random) * 20,
      });
      talk(pair, 300, 20);
      return pair.connection.stats(pair.now).copies;
    },
  },
  copyShare: {
    values: [0.01, 1],
    measure: (config) => copies({ copyFloor: { connection: 0.1, endpoint: 1_000 }, ...config }),
  },
  copyFloor: {
    values: [
      { connection: 0.1, endpoint: 1_000 },
      { connection: 64, endpoint: 1_000 },
    ],
    measure: (config) => copies({ copyShare: 0.01, ...config }),
  },
  arq: {
    values: ['stop-and-wait', 'modern'],
    measure: (config) => speed(connected(config), 50_000),
  },
  arqWindow: {
    values: [2, 16],
    measure: (config) => speed(connected({ arq: 'selective-repeat', ...config }), 50_000),
  },
  congestionControl: {
    values: ['newreno', 'bbr'],
    measure: (config) => speed(lossy(config, 0.05), 500_000),
  },
  initialWindowPackets: {
    values: [both(2), both(32)],
    measure: (config) => speed(connected(config), 30_000),
  },
  minimumWindowPackets: {
    values: [2, 20],
    measure: (config) => {
      const pair = lossy({ congestionControl: 'newreno', ...config }, 0.5);
      speed(pair, 100_000);
      return pair.connection.stats(pair.now).cwnd;
    },
  },
  pacingGain: {
    values: [0.2, 5],
    measure: (config) => speed(connected({ congestionControl: 'newreno', ...config }), 300_000),
  },
  pacingBurstPackets: { values: [2, 10], measure: (config) => burst(config, 1) },
  pacingBurstTime: { values: [3, 6], measure: burst },
  pacingBurstMaxPackets: {
    values: [4, 32],
    measure: (config) => burst({ pacingBurstTime: 50, ...config }),
  },
  receiveWindow: { values: [MIN_WINDOW, 2 * MIN_WINDOW], measure: (config) => unread(config, 2) },
  channelWindow: { values: [MIN_WINDOW, 2 * MIN_WINDOW], measure: (config) => unread(config, 1) },
  maxChannels: {
    values: [4, 64],
    measure: (config) =>
      sendsUntil(config, (pair, i) => {
        pair.connection.send(4 * i, new Uint8Array(1));
        return false;
      }),
  },
  sendHighWater: {
    values: [10_000, 100_000],
    measure: (config) =>
      sendsUntil(config, (pair) => !pair.connection.send(0, new Uint8Array(1_000))),
  },
  sendLimit: {
    values: [10_000, 100_000],
    measure: (config) =>
      sendsUntil(config, (pair) => {
        pair.connection.send(0, new Uint8Array(1_000));
        return false;
      }),
  },
  maxUnreliableBacklog: {
    values: [16, 256],
    measure: (config) => {
      const pair = connected(config);
      pair.reads = false;
      for (let i = 0; i < 100; i++) pair.connection.send(3, new Uint8Array(10));
      pair.run(1_000);
      pair.reads = true;
      pair.run(10);
      return pair.serverEvents.filter(({ type }) => type === 'message').length;
    },
  },
  heartbeatInterval: {
    values: [both(1_500), both(500)],
    measure: (config) => beats(config).length,
  },
  heartbeatJitter: {
    values: [0, 0.2],
    measure: (config) => {
      const at = beats({ livenessGrain: 1, ...config });
      const gaps = at.slice(1).map((time, i) => time - (at[i] ?? 0));
      return Math.max(...gaps) - Math.min(...gaps);
    },
  },
  livenessGrain: {
    values: [500, 1],
    measure: (config) => beats(config).filter((at) => at % 500 !== 0).length,
  },
  suspectAfter: {
    values: [both(2_500), both(4_000)],
    measure: (config) => {
      const pair = connected(config);
      pair.fate = NOWHERE;
      return timeUntil(pair, 'liveness');
    },
  },
  suspectProbeInterval: { values: [1_000, 150], measure: suspicion },
  suspectProbeRate: { values: [1, 2_000], measure: suspicion },
  deadProbes: { values: [20, 60], measure: detection },
  deadAfter: { values: [3_000, 20_000], measure: detection },
  clockJump: {
    values: [1e9, 2_000],
    measure: (config) => {
      const pair = connected(config);
      pair.run(1_000);
      pair.now += 10_000;
      pair.fate = NOWHERE;
      return timeUntil(pair, 'liveness');
    },
  },
  handshakeRepeatMax: {
    values: [5_000, 500],
    measure: (config) => {
      const pair = new Pair({ config, seed: 3 });
      pair.fate = NOWHERE;
      return sent(pair, 9_000);
    },
  },
  handshakeTimeout: {
    values: [2_000, 10_000],
    measure: (config) => {
      const pair = new Pair({ config, seed: 3 });
      pair.fate = NOWHERE;
      return timeUntil(pair, 'closed');
    },
  },
  maxRetries: {
    values: [1, 8],
    measure: (config) => {
      const pair = retried(config, 10);
      const tokens = new Set<string>();
      for (let i = 0; i < 100; i++) {
        pair.run(50);
        tokens.add(initialOf(pair).token.join());
      }
      return tokens.size;
    },
  },
  retryInterval: { values: [400, 25], measure: (config) => retried(config, 100).wire.length },
  maxBeginnings: { values: [1, 8], measure: admitted },
  maxUnreachables: {
    values: [1, 3],
    measure: (config) => {
      const pair = new Pair({ config, seed: 3 });
      pair.fate = NOWHERE;
      for (let i = 1; ; i++) {
        pair.run(1);
        pair.client.handleUnreachable();
        pair.run(1);
        if (!pair.connection.isOpen) return i;
      }
    },
  },
  lingerTimeout: {
    values: [500, 2_000],
    measure: (config) => {
      const pair = connected(config);
      pair.fate = NOWHERE;
      pair.connection.send(0, new Uint8Array(10));
      pair.connection.end(pair.now, { code: 0x100, reason: '' });
      return timeUntil(pair, 'closed');
    },
  },
  rekeyPackets: { values: [1e6, 20], measure: rekeyed },
  rekeyInterval: { values: [3_600_000, 1_000], measure: rekeyed },
  lossWindow: {
    values: [16, 256],
    measure: (config) => {
      const pair = talk(lossy(config, 0.3), 100, 30);
      pair.fate = () => undefined;
      talk(pair, 30, 30);
      return pair.connection.stats(pair.now).lossOut;
    },
  },
};

function mtu(config: Config, bytes: number): number {
  const pair = connected(config);
  speed(pair, bytes);
  return pair.connection.stats(pair.now).pathMtu;
}

for (const [name, { values, measure }] of Object.entries<Row>(rows)) {
  const [less, more] = values.map((value) => measure({ [name]: value }));
  t.test(
    `${name}: ${JSON.stringify(values[1])} gives more than ${JSON.stringify(values[0])}`,
    async (t) => {
      t.ok((more ?? 0) > (less ?? 0), `${more} and ${less}`);
    },
  );
}

t.test('every option is in the table', async (t) => {
  t.same(Object.keys(rows).sort(), Object.keys(DEFAULT_TRANSPORT_CONFIG).sort());
});
