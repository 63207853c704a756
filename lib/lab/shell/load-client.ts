import { ClientCore } from '../../client/core.ts';
import type { ClientEvent } from '../../client/events.ts';
import { plaintext } from '../../crypto/plaintext.ts';
import { Driver } from '../../net/driver.ts';
import { clientHandshakes } from '../../net/keys.ts';
import { SystemRandom } from '../../net/system-random.ts';
import type { Address, Machine } from '../../transport/machine.ts';
import type { TraceEvent } from '../tracing/event.ts';
import { PacketTap } from '../tracing/packet-tap.ts';
import { TracedMachine } from '../tracing/traced-machine.ts';

export interface LoadClientOptions {
  readonly server: Address;
  readonly nick: string;
  readonly room: string;
  readonly isPlaintext: boolean;
  /** Address to send from; what the system chooses unless told. */
  readonly localAddress: string | undefined;
  /** Is told of all of its packets; absent: it is not traced. */
  readonly trace?: ((event: TraceEvent) => void) | undefined;
  onEvent(event: ClientEvent): void;
}

/** A client core on a socket of its own: a server knows newcomers by their address and port. */
export class LoadClient {
  readonly #options: LoadClientOptions;
  readonly #core: ClientCore;
  readonly #tap = new PacketTap();
  #driver: Driver | undefined;

  constructor(options: LoadClientOptions) {
    this.#options = options;
    const { server, nick, room, isPlaintext, trace } = options;
    const handshakes = isPlaintext ? plaintext : clientHandshakes({});
    this.#core = new ClientCore({
      server,
      nick,
      rooms: [room],
      history: 0,
      random: new SystemRandom(),
      handshakes: trace === undefined ? handshakes : this.#tap.watch(handshakes),
      epoch: Date.now() - Driver.now(),
    });
  }

  async start(): Promise<void> {
    const owner = {
      onTurn: (): void => this.#onTurn(),
      onUnreachable: (now: number): void => this.#core.handleUnreachable(now),
      onError: (error: Error): void => {
        this.#core.fail(error.message);
        this.#onTurn();
      },
    };
    const { server, localAddress } = this.#options;
    this.#core.start(Driver.now());
    this.#driver = await Driver.connect(this.#machine(), owner, server, localAddress);
  }

  #machine(): Machine {
    const { trace: take, server } = this.#options;
    if (take === undefined) return this.#core;
    return new TracedMachine(this.#core, {
      vantage: 'client',
      tap: this.#tap,
      since: Driver.now(),
      local: () => this.#driver?.address ?? { address: server.address, port: 0 },
      take,
      stats: (now) => this.#core.linkStats(now),
    });
  }

  post(text: string): void {
    this.#core.post(Driver.now(), this.#options.room, text);
    this.#driver?.wake();
  }

  quit(): void {
    this.#core.quit(Driver.now());
    this.#driver?.wake();
  }

  #onTurn(): void {
    for (let event = this.#core.pollEvent(); event !== undefined; event = this.#core.pollEvent()) {
      this.#options.onEvent(event);
    }
    if (this.#core.isDrained && this.#core.isClosed) this.#driver?.close();
  }
}
