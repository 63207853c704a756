import {
  type FromEnd,
  indexOf,
  type LiveRun,
  numberedMessage,
  type ToEnd,
} from '../../live/live-run.ts';
import { NO_RECORDS, type TapRecords } from '../../live/tap.ts';
import { noStats } from '../../run-result.ts';
import { sharedNow } from './clock.ts';
import type { Inlet, Outlet } from './ends.ts';
import { connectTcp, listenTcp } from './tcp-ends.ts';
import { connectUdp, listenUdp } from './udp-ends.ts';

/** Between two reports, ms: often enough for plots, seldom enough to disturb nothing. */
const REPORT_INTERVAL = 50;

const tell = (message: FromEnd): void => void process.send?.(message);
const fail = (error: unknown): void =>
  tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });

/** The receiver of one run. */
class Receiver {
  #inlet: Inlet | undefined;
  #arrived: number[] = [];
  #count = 0;
  readonly #total: number;
  readonly #timer: NodeJS.Timeout;

  constructor(run: LiveRun, address: string) {
    this.#total = run.workload.messages;
    this.#timer = setInterval(() => this.#report(), REPORT_INTERVAL);
    const listen = run.arq === 'tcp' ? listenTcp : listenUdp;
    const onMessage = (bytes: Uint8Array): void => this.#take(bytes);
    listen({ run, address, onMessage, onFailed: fail }).then((inlet) => {
      this.#inlet = inlet;
      tell({ type: 'listening', port: inlet.port });
    }, fail);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#report();
    tell({ type: 'stopped', packets: written(this.#inlet?.packets) });
    this.#inlet?.close();
  }

  #take(bytes: Uint8Array): void {
    const index = indexOf(bytes);
    if (index !== this.#count++) fail(new Error(`message ${index} came out of order`));
    this.#arrived.push(sharedNow());
    if (this.#count === this.#total) this.#report();
  }

  #report(): void {
    if (this.#arrived.length > 0) tell({ type: 'arrived', at: this.#arrived });
    this.#arrived = [];
  }
}

/** The sender of one run. */
class Sender {
  readonly #run: LiveRun;
  readonly #abort = new AbortController();
  #outlet: Outlet | undefined;
  #sent: number[] = [];
  #count = 0;
  #isBlocked = false;
  #reporter: NodeJS.Timeout | undefined;
  #pacer: NodeJS.Timeout | undefined;

  constructor(run: LiveRun, to: { address: string; port: number }) {
    this.#run = run;
    const connect = run.arq === 'tcp' ? connectTcp : connectUdp;
    const onDrained = (): void => {
      this.#isBlocked = false;
      this.#pump();
    };
    connect({ run, to, onDrained, onFailed: fail, signal: this.#abort.signal }).then(
      (outlet) => {
        this.#outlet = outlet;
        this.#begin();
      },
      (error: unknown) => {
        if (!this.#abort.signal.aborted) fail(error);
      },
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#reporter);
    clearTimeout(this.#pacer);
    this.#report();
    const stats = (await this.#outlet?.finalStats()) ?? noStats(this.#run.arq);
    tell({ type: 'stopped', packets: written(this.#outlet?.packets), stats });
    this.#outlet?.close();
    this.#abort.abort();
  }

  #begin(): void {
    this.#reporter = setInterval(() => this.#report(), REPORT_INTERVAL);
    if (this.#run.workload.intervalMs === 0) this.#pump();
    else this.#pace(sharedNow());
  }

  #pump(): void {
    const { messages, intervalMs } = this.#run.workload;
    if (intervalMs > 0) return;
    while (!this.#isBlocked && this.#count < messages) this.#isBlocked = !this.#send();
  }

  /** Sends what is due since `began`, and comes back for the next. */
  #pace(began: number): void {
    const { messages, intervalMs } = this.#run.workload;
    while (this.#count < messages && began + this.#count * intervalMs <= sharedNow()) this.#send();
    if (this.#count === messages) return;
    const wait = began + this.#count * intervalMs - sharedNow();
    this.#pacer = setTimeout(() => this.#pace(began), Math.max(0, wait));
  }

  #send(): boolean {
    const message = numberedMessage(this.#count++, this.#run.workload.bytes);
    this.#sent.push(sharedNow());
    return this.#outlet?.send(message) ?? false;
  }

  #report(): void {
    const { srtt, rto, cwnd, bytesInFlight } = this.#outlet?.stats ?? noStats(this.#run.arq);
    const sample = { at: sharedNow(), srtt, rto, cwnd, inFlight: bytesInFlight };
    tell({ type: 'sent', at: this.#sent, sample });
    this.#sent = [];
  }
}

/** A tap does not go to another process; what it wrote down does. */
function written({ records, isCut }: TapRecords = NO_RECORDS): TapRecords {
  return { records, isCut };
}

let current: Sender | Receiver | undefined;
process.on('message', (message: ToEnd) => {
  if (message.type === 'listen') current = new Receiver(message.run, message.address);
  else if (message.type === 'send') current = new Sender(message.run, message.to);
  else {
    Promise.resolve(current?.stop()).catch(fail);
    current = undefined;
  }
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal; the one who started this end ends it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
tell({ type: 'ready' });
