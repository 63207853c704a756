import t from 'tap';
import { Bottleneck, link } from '../support/bottleneck.ts';

const SEED = 3;

// A minute, for CUBIC and the model of the path take turns in it: the first 15 s say less.
for (const [rival, queueMs] of [
  ['bbr', 25],
  ['bbr', 50],
  ['cubic', 10],
  ['cubic', 25],
  ['cubic', 50],
] as const) {
  t.test(`a flow shares ${queueMs} ms of queue fairly with one under ${rival}`, async (t) => {
    const forward = link({ mbit: 20, delayMs: 10, queueMs });
    const back = link({ mbit: 100, delayMs: 10, queueMs });
    const configs = [{}, { congestionControl: rival }];
    const bottleneck = new Bottleneck({ seed: SEED, forward, back, configs });
    bottleneck.connect().run(3_000);
    const [ours = 0, theirs = 0] = bottleneck.measure(57_000);
    const share = ours / (ours + theirs);
    t.ok(share > 0.35 && share < 0.65, `${share} of ${ours + theirs} Mbit/s, seed ${SEED}`);
    t.ok(ours + theirs > 18, 'and they leave none of it unused');
  });
}
