import { ClientCore } from '../../client/core.ts';
import type { ClientEvent } from '../../client/events.ts';
import { plaintext } from '../../crypto/plaintext.ts';
import { Driver } from '../../net/driver.ts';
import { clientHandshakes } from '../../net/keys.ts';
import { SystemRandom } from '../../net/system-random.ts';
import type { Address } from '../../transport/machine.ts';

export interface LoadClientOptions {
  readonly server: Address;
  readonly nick: string;
  readonly room: string;
  readonly isPlaintext: boolean;
  /** Address to send from; what the system chooses unless told. */
  readonly localAddress: string | undefined;
  onEvent(event: ClientEvent): void;
}

/** A client core on a socket of its own: a server knows newcomers by their address and port. */
export class LoadClient {
  readonly #options: LoadClientOptions;
  readonly #core: ClientCore;
  #driver: Driver | undefined;

  constructor(options: LoadClientOptions) {
    this.#options = options;
    const { server, nick, room, isPlaintext } = options;
    this.#core = new ClientCore({
      server,
      nick,
      rooms: [room],
      history: 0,
      random: new SystemRandom(),
      handshakes: isPlaintext ? plaintext : clientHandshakes({}),
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
    this.#driver = await Driver.connect(this.#core, owner, server, localAddress);
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
