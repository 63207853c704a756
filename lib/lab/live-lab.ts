import type { ClientEvent } from '../client/events.ts';
import type { Machine } from '../transport/machine.ts';
import { ImpairedMachine } from './impaired-machine.ts';
import type { Impairment } from './impairment.ts';
import { tooMuch } from './judge-lab.ts';
import { parseImpairment } from './netem-parser.ts';

/**
 * The bad network of a class at one client: what operators ask its rooms to try, done to its own
 * socket, as long as the person does not mind. Put it around the client's machine, and show it the
 * client's events.
 */
export class LiveLab {
  readonly #seed: number;
  /** By room; the one that began last counts. */
  readonly #on = new Map<string, Impairment>();
  #machine: ImpairedMachine | undefined;
  #isAccepted: boolean;

  constructor({ seed, isAccepted }: { seed: number; isAccepted: boolean }) {
    this.#seed = seed;
    this.#isAccepted = isAccepted;
  }

  /** What happens to the socket now. */
  get impairment(): Impairment {
    return (this.#isAccepted ? [...this.#on.values()].at(-1) : undefined) ?? {};
  }

  /** For `impair` of a client. A machine that comes later takes the place of the one before. */
  around(machine: Machine): Machine {
    this.#machine = new ImpairedMachine(machine, {
      impairment: this.impairment,
      seed: this.#seed,
    });
    return this.#machine;
  }

  /** Whether the person takes part; not any more: at once. */
  accept(isAccepted: boolean): void {
    this.#isAccepted = isAccepted;
    this.#apply();
  }

  handleEvent(event: ClientEvent): void {
    if (event.type === 'lab') this.#announced(event.room, event.impairment);
    else if (event.type === 'parted' || event.type === 'joined') this.#on.delete(event.room);
    else if (event.type === 'status') {
      if (event.status !== 'reconnecting' && event.status !== 'closed') return;
      this.#on.clear();
    } else return;
    this.#apply();
  }

  /** The server is not believed to have looked: whatever it says is read and bounded here too. */
  #announced(room: string, text: string): void {
    this.#on.delete(room);
    const parsed = parseImpairment(text);
    if (parsed.ok && text !== '' && tooMuch(parsed.impairment) === undefined) {
      this.#on.set(room, parsed.impairment);
    }
  }

  #apply(): void {
    this.#machine?.change(this.impairment);
  }
}
