import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { ByteReader } from '../../lib/base/byte-reader.ts';
import { ByteWriter } from '../../lib/base/byte-writer.ts';
import { SeededRandom } from '../../lib/base/random.ts';
import { plaintext } from '../../lib/crypto/plaintext.ts';
import type { PacketProtection } from '../../lib/crypto/protection.ts';
import { Experiment } from '../../lib/lab/experiment.ts';
import { UdpProxy } from '../../lib/lab/shell/udp-proxy.ts';
import type { PacketEvent, TraceEvent } from '../../lib/lab/tracing/event.ts';
import { PacketTap } from '../../lib/lab/tracing/packet-tap.ts';
import { Pcapng } from '../../lib/lab/tracing/pcapng.ts';
import { RUN_HEAD } from '../../lib/lab/tracing/replay.ts';
import { experimentOptions } from '../../lib/lab/tracing/scenario.ts';
import { TracedMachine } from '../../lib/lab/tracing/traced-machine.ts';
import { connect } from '../../lib/net/connect.ts';
import { createServer } from '../../lib/net/server.ts';
import { readFrame } from '../../lib/wire/frame-codec.ts';
import {
  isLong,
  readLongPacket,
  writeLongPacket,
  writeShortHeader,
} from '../../lib/wire/packet-codec.ts';
import {
  decodeTransportParameters,
  encodeTransportParameters,
} from '../../lib/wire/transport-parameters.ts';
import { PLAINTEXT_VERSION } from '../../lib/wire/version.ts';
import { Soup } from '../support/soup.ts';
import { compiled } from '../support/tui/compiled.ts';

const DISSECTOR = fileURLToPath(new URL('../protocol/udpchat.lua', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'udpchat-wireshark-'));
t.teardown(() => rmSync(FOLDER, { recursive: true }));
t.setTimeout(240_000);

// Without it nothing proves that the dissector fits the protocol, so its absence is a failure.
const found = spawnSync('tshark', ['-v'], { encoding: 'utf8' });
const [, major = '0'] = /^TShark \(Wireshark\) (\d+)\./m.exec(found.stdout ?? '') ?? [];
if (Number(major) < 4) {
  t.fail('these specs take tshark 4 or later (Debian: apt-get install tshark; others: Wireshark)');
  process.exit(1);
}

/** Fields that must be empty: a dissector that stumbled, or packets that it takes for wrong. */
const WRONG = ['udpchat.malformed', '_ws.malformed', '_ws.lua.error'] as const;
const SHOWN = [
  '_ws.col.Protocol',
  'udpchat.long',
  'udpchat.packet_number',
  'udpchat.message_id',
  'udpchat.transmission',
  'udpchat.seen_in',
  'udpchat.bad_checksum',
  'udpchat.unopened',
  'udpchat.record',
  'udpchat.sender',
  'udpchat.key_phase',
  'udp.checksum.status',
  'ip.src',
  'ip.dst',
] as const;

const COLUMNS = [...SHOWN, ...WRONG] as const;

type Row = Readonly<Record<(typeof COLUMNS)[number] | 'wrong', readonly string[]>>;

/** What tshark says of each packet of a file. */
function dissect(path: string, options: readonly string[] = [], decodeAs?: string): Row[] {
  const prefs = ['udp.try_heuristic_first:TRUE', 'udp.check_checksum:TRUE'];
  const args = [`lua_script:${DISSECTOR}`, '-r', path, '-T', 'fields', '-E', 'aggregator=|'];
  const chosen = [...prefs, ...options].flatMap((option) => ['-o', option]);
  const fields = COLUMNS.flatMap((name) => ['-e', name]);
  const as = decodeAs === undefined ? [] : ['-d', decodeAs];
  const out = execFileSync('tshark', ['-X', ...args, ...chosen, ...fields, ...as], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const cells = line.split('\t').map((cell) => cell.split('|').filter((value) => value !== ''));
      const named = COLUMNS.map((name, i) => [name, cells[i] ?? []]);
      const row: Row = Object.fromEntries([...named, ['wrong', cells.slice(SHOWN.length).flat()]]);
      return row;
    });
}

/** Every packet was understood: ours, whole, and either a long one or one with a number. */
function isDecoded(row: Row): boolean {
  const isNumbered = row['udpchat.long'][0] === '1' || row['udpchat.packet_number'].length === 1;
  return row['_ws.col.Protocol'][0] === 'udpchat' && row.wrong.length === 0 && isNumbered;
}

/** Writes packets as pcapng. */
class Capture {
  readonly path: string;
  readonly #form = new Pcapng();
  readonly #parts: Uint8Array[];
  readonly packets: PacketEvent[] = [];

  constructor(name: string) {
    this.path = join(FOLDER, name);
    this.#parts = [this.#form.begin({ program: 'udpchat', ...RUN_HEAD })];
  }

  take(event: TraceEvent): void {
    if (event.type !== 'packet') return;
    this.#parts.push(this.#form.record(event));
    this.packets.push({ ...event, bytes: event.bytes.slice() });
  }

  write(): void {
    writeFileSync(this.path, Buffer.concat(this.#parts));
  }
}

t.test(
  'tshark reads a run of the lab as we do: packets, messages, what was sent again',
  async (t) => {
    for (const arq of ['modern', 'go-back-n'] as const) {
      const capture = new Capture(`${arq}.pcapng`);
      const options = experimentOptions({
        seed: 11,
        arq,
        window: 16,
        impairment: 'delay 20ms loss random 20% duplicate 3% corrupt 3%',
        workload: { messages: 200, bytes: 100, intervalMs: 10 },
        limitMs: 60_000,
        dropList: '',
      });
      if (options === undefined) throw new Error('no scenario');
      new Experiment({ ...options, trace: (event) => capture.take(event) }).run();
      capture.write();
      const rows = dissect(capture.path);
      t.equal(rows.length, capture.packets.length);
      const carried = new Map<string, Set<number>>();
      let again = 0;
      let harmed = 0;
      for (const [i, { view, vantage, event }] of capture.packets.entries()) {
        const row = rows[i];
        if (row === undefined) throw new Error('a row is missing');
        const isHarmed = ['sealed', 'checksum', 'malformed', 'truncated'].includes(view.type);
        const isFlagged = row['udpchat.bad_checksum'].length > 0 || row.wrong.length > 0;
        if (isHarmed) {
          // What was not opened is damaged, or a second copy.
          const isMarked = isFlagged || row['udpchat.seen_in'].length > 0;
          if (!isMarked) t.fail(`packet ${i + 1} was not opened and is not marked`);
          harmed += isFlagged ? 1 : 0;
          continue;
        }
        const [number = -1] = row['udpchat.packet_number'].map(Number);
        const ids = view.frames.flatMap((frame) => (frame.type === 'message' ? [frame.id] : []));
        const sender = (event === 'sent') === (vantage === 'client') ? 'client' : 'server';
        const repeated = ids.filter((id) => {
          const numbers = carried.get(`${sender} ${id}`) ?? new Set();
          carried.set(`${sender} ${id}`, numbers.add(view.number));
          return Math.min(...numbers) < view.number;
        });
        again += repeated.length;
        const same =
          isDecoded(row) &&
          !isFlagged &&
          number === view.number &&
          row['udpchat.message_id'].map(Number).join() === ids.join() &&
          row['udpchat.transmission'].length === repeated.length &&
          row['udp.checksum.status'][0] === '1';
        if (!same) t.fail(`packet ${i + 1}, ${JSON.stringify(row)}`);
        if (event === 'received' && number >= 0) t.equal(row['udpchat.seen_in'].length, 1);
      }
      t.ok(harmed > 0, `${arq}: ${harmed} packets were damaged`);
      t.ok(again > 20, `${arq}: ${again} messages were sent again`);
    }
  },
);

/** A program of ours, killed at the end of the test. */
function start(t: Test, command: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, XDG_DATA_HOME: FOLDER, XDG_CONFIG_HOME: FOLDER, USER: 'ana' };
  const child = spawn(command, args, { env });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

/** Waits for what a program says on one of its outputs, and lets it go on talking. */
function seen(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    stream?.on('data', (chunk) => {
      text += String(chunk);
      const match = pattern.exec(text);
      if (match !== null) resolve(match[1] ?? '');
    });
    stream?.on('end', () => reject(new Error(`ended without ${pattern}: ${text}`)));
  });
}

/**
 * A real chat: a host, and somebody who says 200 lines and one long one through a bad network.
 * `onListening` is waited for before the first packet.
 */
async function chat(
  t: Test,
  flags: readonly string[],
  onListening: (port: string) => Promise<void> = async () => {},
): Promise<void> {
  const main = compiled('cli/main.ts');
  const where = ['--headless', '--ephemeral'];
  const host = start(t, process.execPath, [main, 'host', '0', ...where, '--plaintext', ...flags]);
  const port = await seen(host.stdout, /listening on .*:(\d+);/);
  await onListening(port);
  const lines = Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join('');
  for (const [input, more] of [
    [lines, []],
    [lines.repeat(3), ['--one']],
  ] as const) {
    const bad = ['--impair', 'loss 15%', '--seed', '5', '--plaintext', ...more];
    const send = start(t, process.execPath, [main, 'send', '127.0.0.1', port, ...bad]);
    send.stdin?.end(input);
    const [code]: readonly unknown[] = await once(send, 'exit');
    t.equal(code, 0);
  }
  host.kill('SIGINT');
  await once(host, 'exit');
}

/** What any capture of that chat shows. */
function checkChat(t: Test, rows: readonly Row[]): void {
  t.ok(rows.length > 20, `${rows.length} packets`);
  t.same(
    rows.filter((row) => !isDecoded(row)),
    [],
    'every packet is decoded, none is malformed',
  );
  t.same(
    rows.filter((row) => row['udpchat.bad_checksum'].length > 0),
    [],
  );
  const ends = new Set(rows.flatMap((row) => [...row['ip.src'], ...row['ip.dst']]));
  t.same([...ends], ['127.0.0.1'], 'each end has one address');
  const again = rows.filter((row) => row['udpchat.transmission'].length > 0).length;
  t.ok(again > 0, `${again} packets with something that was sent again`);
  const records = new Set(rows.flatMap((row) => row['udpchat.record']));
  for (const type of ['1', '2', '16', '18', '19']) {
    t.ok(records.has(type), `records of type ${type} were handed to the dissector of CBOR`);
  }
  const together = rows.filter(
    (row) => row['udpchat.record'].length > row['udpchat.message_id'].length,
  );
  t.ok(together.length > 0, `${together.length} packets with messages of several records`);
}

t.test('tshark reads the trace of a real host through 15 % loss', async (t) => {
  const path = join(FOLDER, 'host.pcapng');
  await chat(t, ['--trace', path, '--impair', 'loss 15%', '--seed', '4']);
  checkChat(t, dissect(path));
});

t.test('tshark takes for malformed what we do, whatever a stranger sends', async (t) => {
  const seed = 20;
  t.comment(`seed ${seed}`);
  const soup = new Soup(new SeededRandom(seed));
  const capture = new Capture('soup.pcapng');
  const from = { address: '192.0.2.1', port: 4000 };
  const to = { address: '192.0.2.2', port: 5000 };
  const expected: string[] = [];
  const send = (bytes: Uint8Array, what: string): void => {
    const view = { number: -1, type: '', frames: [] };
    const way = { vantage: 'client', event: 'sent', from, to } as const;
    capture.take({ type: 'packet', at: expected.length, ...way, bytes, view });
    expected.push(what);
  };
  const ids = { client: new Uint8Array(8).fill(7), server: new Uint8Array(4).fill(9) };
  const parameters = encodeTransportParameters({
    initialMaxData: 9,
    initialMaxChannelData: 9,
    maxAckDelay: 9,
  });
  const message = new Uint8Array([0x50, ...parameters]);
  const keys = plaintext.initiate(parameters).read(message, ids)?.result?.protection;
  if (keys === undefined) throw new Error('no keys');
  send(longPacket({ destination: ids.server, source: ids.client, message }), '');
  for (let number = 0; number < 1500; number++) {
    const payload = soup.payload();
    if (number % 2 === 0) soup.damage(payload);
    send(shortPacket(keys, ids.server, { number, payload }), isFrames(payload) ? '' : 'malformed');
    const long = soup.longPacket();
    // Damage may have made a short packet of it, or left nothing at all.
    if (isLong(long)) send(long, judge(long));
    const strange = new Uint8Array([0x50, ...soup.parameters()]);
    const isRight = decodeTransportParameters(strange.subarray(1)) !== undefined;
    const ends = { destination: new Uint8Array(1), source: new Uint8Array(2) };
    send(longPacket({ ...ends, message: strange }), isRight ? '' : 'malformed');
  }
  capture.write();
  const rows = dissect(capture.path, [], 'udp.port==5000,udpchat');
  const wrong = rows.flatMap((row, i) => {
    const isBad = row['udpchat.bad_checksum'].length > 0;
    const said = isBad ? 'checksum' : row['udpchat.malformed'].length > 0 ? 'malformed' : '';
    const isLua = row['_ws.lua.error'].length > 0;
    return said === expected[i] && !isLua ? [] : [`packet ${i + 1}: ${said}, ${expected[i]}`];
  });
  t.equal(rows.length, expected.length);
  t.same(wrong.slice(0, 9), []);
  for (const what of ['', 'malformed', 'checksum']) t.ok(expected.includes(what), what);
});

function longPacket(packet: {
  destination: Uint8Array;
  source: Uint8Array;
  message: Uint8Array;
}): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(2000));
  writeLongPacket(writer, {
    form: 'long',
    type: 'handshake',
    version: PLAINTEXT_VERSION,
    ...packet,
  });
  return writer.written();
}

function shortPacket(
  keys: PacketProtection,
  id: Uint8Array,
  { number, payload }: { number: number; payload: Uint8Array },
): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(3000));
  writeShortHeader(writer, { id, keyPhase: 0, packetNumber: number, length: 4 });
  const header = writer.offset;
  writer.bytes(payload);
  const end = writer.offset;
  writer.zeros(keys.tagLength);
  const packet = writer.written();
  keys.seal(packet, header, end, number);
  return packet;
}

function isFrames(payload: Uint8Array): boolean {
  const reader = new ByteReader(payload);
  while (reader.remaining > 0) if (readFrame(reader) === undefined) return false;
  return payload.length > 0;
}

/** What is wrong with a long packet. */
function judge(bytes: Uint8Array): string {
  const packet = readLongPacket(bytes);
  if (packet === 'checksum') return packet;
  if (typeof packet === 'string') return 'malformed';
  if (packet.version !== PLAINTEXT_VERSION || !('message' in packet)) return '';
  const { message } = packet;
  const isStrange = message[0] === 0x50 && !decodeTransportParameters(message.subarray(1));
  return isStrange ? 'malformed' : '';
}

const isRoot = process.getuid?.() === 0;
t.test(
  'tshark reads what dumpcap took from the loopback itself',
  isRoot ? {} : { skip: 'to capture takes root' },
  async (t) => {
    const path = join(FOLDER, 'lo.pcapng');
    let stop = async (): Promise<void> => {};
    await chat(t, [], async (port) => {
      const dumpcap = start(t, 'dumpcap', ['-i', 'lo', '-f', `udp port ${port}`, '-w', path]);
      await seen(dumpcap.stderr, /File: ()/);
      stop = async () => {
        dumpcap.kill('SIGINT');
        await once(dumpcap, 'exit');
      };
    });
    await stop();
    checkChat(t, dissect(path));
  },
);

t.test('the trace of a proxy has both ends of what passed it, and what it lost', async (t) => {
  const plain = { handshakes: plaintext };
  const server = createServer(plain, (peer) => {
    peer.on('message', (bytes, channel) => void peer.send(bytes, channel));
  });
  server.listen({ port: 0, address: '127.0.0.1' });
  await once(server, 'listening');
  const target = { address: '127.0.0.1', port: server.address()?.port ?? 0 };
  const capture = new Capture('proxy.pcapng');
  const loss = { model: 'random', percent: 20, correlation: 0 } as const;
  const trace = (event: TraceEvent): void => capture.take(event);
  const proxy = new UdpProxy({ target, impairment: { loss }, seed: 3, trace });
  const { port } = await proxy.listen({ address: '127.0.0.1', port: 0 });
  const client = await connect({ port, ...plain });
  for (let i = 0; i < 50; i++) {
    client.send(`message ${i}`);
    await once(client, 'message');
  }
  client.end();
  await once(client, 'close');
  await new Promise<void>((resolve) => void server.close(resolve));
  proxy.close();
  capture.write();
  const rows = dissect(capture.path);
  t.same(
    rows.filter((row) => !isDecoded(row)),
    [],
  );
  const lost = capture.packets.filter(({ fate }) => fate === 'lost').length;
  const sent = capture.packets.filter(({ event }) => event === 'sent').length;
  const short = rows.filter((row) => row['udpchat.long'][0] === '0');
  const seen = short.filter((row) => row['udpchat.seen_in'].length > 0).length;
  t.ok(lost > 5, `${lost} of ${sent} lost`);
  t.equal(rows.length, 2 * sent - lost, 'what was not lost is there twice');
  t.ok(seen > 50, `${seen} packets are known as those of the other end`);
});

t.test('tshark opens encrypted packets with a key log, across changes of keys', async (t) => {
  const lines: string[] = [];
  const logKeys = (line: string): void => void lines.push(line);
  const tap = new PacketTap({ logKeys });
  const capture = new Capture('noise.pcapng');
  const server = createServer(
    {
      config: { rekeyPackets: 50 },
      watch: (handshakes) => tap.watch(handshakes),
      impair: (machine) =>
        new TracedMachine(machine, {
          vantage: 'server',
          tap,
          since: performance.now(),
          local: () => ({ address: '127.0.0.1', port: 5000 }),
          take: (event) => capture.take(event),
        }),
    },
    (peer) => peer.on('message', (bytes, channel) => void peer.send(bytes, channel)),
  );
  server.listen({ port: 0, address: '127.0.0.1' });
  await once(server, 'listening');
  const client = await connect({ port: server.address()?.port ?? 0 });
  // Keys change no sooner than a few round trips after the last change: on a fast machine those are
  // many messages. Five pairs of keys: the fourth has been used.
  for (let i = 0; i < 400 || (lines.length < 10 && i < 20_000); i++) {
    client.send(`message ${i}`);
    await once(client, 'message');
  }
  client.end();
  await once(client, 'close');
  await new Promise<void>((resolve) => void server.close(resolve));
  capture.write();
  const log = join(FOLDER, 'keys');
  writeFileSync(log, `${lines.join('\n')}\n`, { mode: 0o600 });
  const rows = dissect(capture.path, [`udpchat.keylog:${log}`]);
  t.equal(rows.length, capture.packets.length);
  t.same(
    rows.filter((row, i) => {
      const [number = -1] = row['udpchat.packet_number'].map(Number);
      return !isDecoded(row) || number !== capture.packets[i]?.view.number;
    }),
    [],
  );
  const phases = rows.map((row) => row['udpchat.key_phase'].join());
  const changes = phases.filter((phase, i) => phase === '1' && phases[i - 1] === '0').length;
  t.ok(changes >= 2, `phase 1 began ${changes} times`);

  const blind = dissect(capture.path);
  t.same(
    blind.filter(({ wrong }) => wrong.length > 0),
    [],
    'without keys nothing is wrong',
  );
  t.same(
    blind.flatMap((row) => row['udpchat.packet_number']),
    [],
    'and nothing is seen',
  );

  const bytes = readFileSync(capture.path);
  // Behind the last tag are at most 3 bytes of padding and 16 of options and length.
  const at = bytes.length - 24;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const harmed = join(FOLDER, 'harmed.pcapng');
  writeFileSync(harmed, bytes);
  const opened = dissect(harmed, [`udpchat.keylog:${log}`]);
  t.equal(opened.filter((row) => row['udpchat.unopened'].length > 0).length, 1, 'tags are checked');
});
