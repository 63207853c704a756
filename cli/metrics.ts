import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ChatServer, ServerFigures } from '../lib/index.ts';
import { CliError, ExitCode, usageError } from './errors.ts';

/** Scrapes at one time: a Prometheus or two, and a person who looks. */
const CONNECTIONS_MAX = 16;
/** ms that a request may take to arrive. */
const REQUEST_TIMEOUT = 5_000;
/** Upper bounds, s: from loopback to a satellite. */
const SRTT_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];
/** Upper bounds, shares: from a good cable to what nobody can use. */
const LOSS_BUCKETS = [0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

type Shard = ServerFigures['shards'][number];
type Amount = (figures: ServerFigures) => number;
/** Help, and either a number or numbers by the value of one label. */
type Shown =
  | readonly [help: string, amount: Amount]
  | readonly [
      help: string,
      amounts: (figures: ServerFigures) => Readonly<Record<string, number>>,
      label: string,
    ];

function sum(pick: (shard: Shard) => number): Amount {
  return ({ shards }) => shards.reduce((total, shard) => total + pick(shard), 0);
}

const GAUGES: Readonly<Record<string, Shown>> = {
  udpchat_clients: [
    'Connections, by shard',
    ({ shards }) => Object.fromEntries(shards.map((shard, i) => [String(i), shard.connections])),
    'shard',
  ],
  udpchat_members: ['People who are in', ({ members }) => members],
  udpchat_rooms: ['Rooms', ({ rooms }) => rooms],
  udpchat_threads: ['Threads, the main one among them', ({ threads }) => threads],
  udpchat_journal_entries: ['Entries that wait for the disk', (all) => all.journalEntries],
  udpchat_journal_bytes: ['Bytes of entries that wait for the disk', (all) => all.journalBytes],
  udpchat_store_failing: ['1: the disk could not keep the last', (all) => +all.isStoreFailing],
  udpchat_send_queue_bytes: [
    'Bytes queued or unacknowledged, of all connections',
    sum(({ bytesQueued }) => bytesQueued),
  ],
  udpchat_send_queue_max_bytes: [
    'Bytes queued or unacknowledged, of the connection with most',
    ({ shards }) => Math.max(0, ...shards.map(({ bytesQueuedMost }) => bytesQueuedMost)),
  ],
};

const COUNTERS: Readonly<Record<string, Shown>> = {
  udpchat_posts_total: ['Entries and direct messages that were taken', ({ posts }) => posts],
  udpchat_deliveries_total: ['Copies of them given to connections', (all) => all.deliveries],
  udpchat_rejected_total: ['Wishes refused, by code', ({ rejected }) => rejected, 'code'],
  udpchat_refused_total: ['Newcomers turned away, by code', ({ refused }) => refused, 'code'],
  udpchat_connections_accepted_total: ['Connections accepted', sum(({ accepted }) => accepted)],
  udpchat_datagrams_received_total: ['Datagrams that came', sum(({ datagrams }) => datagrams)],
  udpchat_datagrams_dropped_total: [
    'Datagrams that led to nothing, by cause',
    (figures) => {
      const causes = Object.keys(figures.shards[0]?.dropped ?? {});
      const drops = (cause: string): Amount => sum(({ dropped }) => dropped[cause] ?? 0);
      return Object.fromEntries(causes.map((cause) => [cause, drops(cause)(figures)]));
    },
    'cause',
  ],
  udpchat_packets_sent_total: ['Packets sent', sum(({ packetsSent }) => packetsSent)],
  udpchat_packets_received_total: ['Packets opened', sum((shard) => shard.packetsReceived)],
  udpchat_packets_rejected_total: ['Packets that did not open', sum((s) => s.packetsRejected)],
  udpchat_packets_lost_total: ['Packets taken for lost', sum(({ packetsLost }) => packetsLost)],
  udpchat_bytes_sent_total: ['Bytes of datagrams sent', sum(({ bytesSent }) => bytesSent)],
  udpchat_bytes_received_total: ['Bytes of datagrams opened', sum((s) => s.bytesReceived)],
  udpchat_retransmits_total: ['Pieces of messages sent again', sum((s) => s.retransmits)],
  udpchat_copies_total: ['Copies sent ahead of any loss', sum(({ copies }) => copies)],
};

/** The figures of a server as Prometheus reads them. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #setters: ((figures: ServerFigures) => void)[] = [];
  readonly #srtt: Histogram;
  readonly #loss: Histogram;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    for (const [name, [help, amount, label]] of Object.entries(GAUGES)) {
      const gauge = new Gauge({ name, help, registers, labelNames: label ? [label] : [] });
      this.#show(gauge, amount, label, (value, labels) => gauge.set(labels, value));
    }
    for (const [name, [help, amount, label]] of Object.entries(COUNTERS)) {
      const counter = new Counter({ name, help, registers, labelNames: label ? [label] : [] });
      // What is counted is the server's: here it is only repeated.
      this.#show(counter, amount, label, (value, labels) => counter.inc(labels, value));
    }
    this.#srtt = new Histogram({
      name: 'udpchat_srtt_seconds',
      help: 'Smoothed round trips; each scrape adds one sample a connection',
      buckets: SRTT_BUCKETS,
      registers,
    });
    this.#loss = new Histogram({
      name: 'udpchat_loss_ratio',
      help: 'Share of packets lost on their way out; each scrape adds one sample a connection',
      buckets: LOSS_BUCKETS,
      registers,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(figures: ServerFigures): Promise<string> {
    for (const set of this.#setters) set(figures);
    for (const { srtts, losses } of figures.shards) {
      for (const srtt of srtts) this.#srtt.observe(srtt / 1000);
      for (const loss of losses) this.#loss.observe(loss);
    }
    return this.#registry.metrics();
  }

  #show(
    metric: Gauge | Counter,
    amount: Shown[1],
    label: string | undefined,
    put: (value: number, labels: Record<string, string>) => void,
  ): void {
    this.#setters.push((figures) => {
      metric.reset();
      const shown = amount(figures);
      if (typeof shown === 'number') put(shown, {});
      else if (label !== undefined) {
        for (const [key, value] of Object.entries(shown)) put(value, { [label]: key });
      }
    });
  }
}

/** `127.0.0.1:9464`, `[::1]:9464`. Throws a usage error. */
export function parseMetricsAddress(text: string): {
  readonly host: string;
  readonly port: number;
} {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const [, v6, name = v6, port] = match ?? [];
  const isRight = name !== undefined && Number(port) <= 65_535 && (v6 === undefined || isIPv6(v6));
  if (!isRight) {
    throw usageError(`--metrics ${text} makes no sense`, 'it is ADDRESS:PORT, as 127.0.0.1:9464');
  }
  return { host: name, port: Number(port) };
}

/** Answers /metrics and /healthz until the server closes. Rejects with a CliError. */
export async function serveMetrics(
  server: ChatServer,
  where: ReturnType<typeof parseMetricsAddress>,
): Promise<Server> {
  const metrics = new Metrics();
  const http = createServer({ requestTimeout: REQUEST_TIMEOUT }, (request, response) => {
    answer(server, metrics, request, response).catch((error: unknown) => {
      respond(response, 500, `${String(error)}\n`);
    });
  });
  http.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(where, () => resolve());
  }).catch((error: Error) => {
    throw new CliError(`cannot serve metrics on ${where.host}:${where.port}: ${error.message}`, {
      exitCode: ExitCode.other,
      hint: 'choose another port with --metrics ADDRESS:PORT',
    });
  });
  server.once('close', () => {
    http.close();
    http.closeAllConnections();
  });
  return http;
}

async function answer(
  server: ChatServer,
  metrics: Metrics,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    respond(response, 405, 'only GET\n');
    return;
  }
  const [path] = (url ?? '').split('?', 1);
  const isKnown = path === '/metrics' || path === '/healthz';
  const figures = isKnown ? await server.figures() : undefined;
  if (!isKnown) respond(response, 404, 'there are /metrics and /healthz\n');
  else if (figures === undefined) respond(response, 503, 'the server has stopped\n');
  else if (path === '/metrics') {
    respond(response, 200, await metrics.text(figures), metrics.contentType);
  } else if (figures.isStoreFailing) respond(response, 503, 'the disk takes nothing\n');
  else respond(response, 200, 'ok\n');
}

function respond(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
