import type { Impairment } from '../../impairment.ts';
import type { LiveRun } from '../../live/live-run.ts';
import { NetemNetwork } from '../netem-network.ts';
import { type LiveHooks, LivePair, type LiveResult } from './live-pair.ts';

/** Where experiments run in real time: on loopback with our emulator, or through tc netem. */
export type LiveGroundName = 'socket' | 'netem';

const LOOPBACK = '127.0.0.1';

/** A first run through a good network, so that no experiment is charged for cold code. */
const WARM_UP: LiveRun = {
  arq: 'modern',
  window: 1,
  workload: { messages: 200, bytes: 1_000, intervalMs: 0 },
  limitMs: 10_000,
  isTapped: true,
};

/** Real sockets with bad weather between them, for one run after another. */
export class LiveGround {
  readonly #network: NetemNetwork | undefined;
  readonly #onCommands: (commands: readonly string[]) => void;
  #pair: LivePair | undefined;

  private constructor(
    network: NetemNetwork | undefined,
    onCommands: (commands: readonly string[]) => void,
  ) {
    this.#network = network;
    this.#onCommands = onCommands;
  }

  /** Rejects with NetemError where there is no netem; then nothing is left. */
  static async open(
    name: LiveGroundName,
    onCommands: (commands: readonly string[]) => void = () => {},
  ): Promise<LiveGround> {
    const network = name === 'netem' ? NetemNetwork.open() : undefined;
    const ground = new LiveGround(network, onCommands);
    try {
      // Before processes are started: a kernel without netem says so here.
      network?.change({});
      ground.#pair = await LivePair.open({
        prefixes: network === undefined ? [[], []] : [network.inside(0), network.inside(1)],
        address: network?.pair.addresses[1] ?? LOOPBACK,
      });
      await ground.#pair.run(WARM_UP);
      return ground;
    } catch (error) {
      ground.close();
      throw error;
    }
  }

  /** Runs one experiment in a weather, each way. */
  async run(
    run: Omit<LiveRun, 'emulate'> & { readonly seed: number },
    impairment: Impairment,
    hooks?: LiveHooks,
  ): Promise<LiveResult> {
    if (this.#pair === undefined) throw new Error('the ground is closed');
    const { seed, ...rest } = run;
    if (this.#network === undefined) {
      return this.#pair.run({ ...rest, emulate: { impairment, seed } }, hooks);
    }
    this.#onCommands(this.#network.change(impairment));
    return this.#pair.run(rest, hooks);
  }

  close(): void {
    this.#pair?.close();
    this.#pair = undefined;
    this.#network?.close();
  }
}
