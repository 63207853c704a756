import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ChatClient, type ClientEvent } from '../../lib/index.ts';
import { compiled } from '../support/tui/compiled.ts';

/** What one person was told, checked as it comes. */
export class Witness {
  readonly nick: string;
  readonly accepted = new Map<string, number>();
  readonly faults: string[] = [];
  /** Ids by number, as shown. */
  readonly shown = new Map<number, string>();
  /** All that was said, by id: from then on it is owed. */
  readonly said = new Map<string, string>();
  /** Ids that were ticked in the present run of the client. */
  #ticked = new Set<string>();
  #last = 0;
  /** Lines that were skipped, and those of which the client said that they were too many. */
  #skipped = 0;
  #admitted = 0;

  constructor(nick: string) {
    this.nick = nick;
  }

  /** The client has been started again. */
  begin(): void {
    this.#last = 0;
    this.#ticked = new Set();
    this.#skipped = 0;
    this.#admitted = 0;
  }

  /** Called at the end: who was away for too many lines must have been told so. */
  finish(): void {
    if (this.#skipped === this.#admitted) return;
    this.faults.push(`${this.nick}: ${this.#skipped} lines skipped, ${this.#admitted} admitted`);
  }

  see(event: ClientEvent): void {
    const { nick } = this;
    if (event.type === 'pending') {
      this.said.set(event.id, event.text);
    } else if (event.type === 'accepted') {
      const { id, seq } = event;
      if (this.#ticked.has(id)) this.faults.push(`${nick}: ${id} ticked twice`);
      const before = this.accepted.get(id) ?? seq;
      if (before !== seq) this.faults.push(`${nick}: ${id} ticked as ${before} and ${seq}`);
      this.#ticked.add(id);
      this.accepted.set(id, seq);
    } else if (event.type === 'rejected') {
      this.faults.push(`${nick}: ${event.id} rejected: ${event.reason}`);
    } else if (event.type === 'message') {
      if (this.#last !== 0 && event.seq <= this.#last) {
        this.faults.push(`${nick}: line ${event.seq} after ${this.#last}`);
      } else if (this.#last !== 0) this.#skipped += event.seq - this.#last - 1;
      this.#last = event.seq;
      this.shown.set(event.seq, event.id);
    } else if (event.type === 'notice' && event.code === 'back') {
      this.#admitted += Number(/(\d+) older ones/.exec(event.text)?.[1] ?? 0);
    } else if (event.type === 'closed' && event.code !== 'quit') {
      this.faults.push(`${nick}: closed: ${event.code} ${event.reason}`);
    }
  }
}

/** Somebody whose client lives through all of it, in this process. */
export class Guest {
  readonly witness: Witness;
  readonly client: ChatClient;

  constructor(port: number, nick: string) {
    this.witness = new Witness(nick);
    this.client = new ChatClient({ host: '127.0.0.1', port, nick, history: 0 });
    this.client.on('event', (event) => this.witness.see(event));
  }
}

export interface MortalOptions {
  readonly port: number;
  readonly nick: string;
  /** Where the outbox lies that outlives the client. */
  readonly dir: string;
  /** ms between two lines. */
  readonly interval: number;
}

/** Somebody whose client is a process of its own, killed and started again. */
export class Mortal {
  readonly witness: Witness;
  readonly #options: MortalOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #runs = 0;

  constructor(options: MortalOptions) {
    this.#options = options;
    this.witness = new Witness(options.nick);
  }

  start(): void {
    const { port, nick, dir, interval } = this.#options;
    const file = join(dir, `outbox-${nick}.db`);
    const main = compiled('spec/integration/kill-client.ts');
    const args = [port, nick, file, interval, ++this.#runs].map(String);
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const child = spawn(process.execPath, [main, ...args], { stdio: [...stdio] });
    this.#child = child;
    this.witness.begin();
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      // The last line of one that was killed may be cut short.
      if (line.endsWith('}')) this.witness.see(JSON.parse(line));
    });
    this.#ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Has it write no more; resolves when all was answered and it has left. */
  async finish(): Promise<void> {
    this.#child?.stdin?.end();
    await this.#ended;
  }
}
