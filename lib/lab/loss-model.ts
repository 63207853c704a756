import { type RandomSource, randomFloat } from '../base/random.ts';
import type { FourStates, GilbertElliott } from './impairment.ts';

/** Where the four-state model is: what happened to the last datagram, and in what kind of time. */
type State = 'received-in-gap' | 'received-in-burst' | 'lost-in-burst' | 'lost-in-gap';

/** Loss with a memory, step by step as `loss_gilb_ell` and `loss_4state` of sch_netem.c. */
export class LossModel {
  readonly #random: RandomSource;
  #isBad = false;
  #state: State = 'received-in-gap';

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** Whether the next datagram is lost. */
  isLost(loss: GilbertElliott | FourStates): boolean {
    if (loss.model === 'gemodel') return this.#isLostByGilbert(loss);
    this.#state = this.#next(loss);
    return this.#state === 'lost-in-burst' || this.#state === 'lost-in-gap';
  }

  #isLostByGilbert({ p, r, badLoss, goodLoss }: GilbertElliott): boolean {
    const chance = this.#isBad ? badLoss : goodLoss;
    if (this.#draw() < (this.#isBad ? r : p)) this.#isBad = !this.#isBad;
    return this.#draw() < chance;
  }

  #next({ p13, p31, p32, p23, p14 }: FourStates): State {
    const draw = this.#draw();
    switch (this.#state) {
      case 'received-in-gap':
        if (draw < p14) return 'lost-in-gap';
        return draw < p13 + p14 ? 'lost-in-burst' : 'received-in-gap';
      case 'received-in-burst':
        return draw < p23 ? 'lost-in-burst' : 'received-in-burst';
      case 'lost-in-burst':
        if (draw < p32) return 'received-in-burst';
        return draw < p31 + p32 ? 'received-in-gap' : 'lost-in-burst';
      case 'lost-in-gap':
        return 'received-in-gap';
    }
  }

  /** Percent. */
  #draw(): number {
    return randomFloat(this.#random) * 100;
  }
}
