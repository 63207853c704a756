import fc from 'fast-check';
import t from 'tap';
import {
  DISTRIBUTIONS,
  formatImpairment,
  formatRate,
  type Impairment,
} from '../../lib/lab/impairment.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { PRESETS } from '../../lib/lab/presets.ts';

function parsed(text: string): Impairment {
  const result = parseImpairment(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.impairment;
}

t.test("netem's words are read as tc reads them", async (t) => {
  const cases: readonly [string, Impairment][] = [
    ['', {}],
    ['loss 30%', { loss: { model: 'random', percent: 30, correlation: 0 } }],
    ['LOSS 30', { loss: { model: 'random', percent: 30, correlation: 0 } }],
    ['loss random 0.3% 25%', { loss: { model: 'random', percent: 0.3, correlation: 25 } }],
    ['loss gemodel 2%', { loss: { model: 'gemodel', p: 2, r: 98, badLoss: 100, goodLoss: 0 } }],
    [
      'loss gemodel 2% 30% 70% 1%',
      { loss: { model: 'gemodel', p: 2, r: 30, badLoss: 70, goodLoss: 1 } },
    ],
    [
      'delay 1s loss 1%',
      {
        delay: { ms: 1000, jitterMs: 0, correlation: 0, distribution: 'uniform' },
        loss: { model: 'random', percent: 1, correlation: 0 },
      },
    ],
    [
      'delay 100ms 250us 25% distribution paretonormal',
      { delay: { ms: 100, jitterMs: 0.25, correlation: 25, distribution: 'paretonormal' } },
    ],
    [
      'delay 10ms reorder 25% 50% gap 5',
      {
        delay: { ms: 10, jitterMs: 0, correlation: 0, distribution: 'uniform' },
        reorder: { percent: 25, correlation: 50, gap: 5 },
      },
    ],
    ['duplicate 1% corrupt 0.1% 5%', { duplicate: chance(1), corrupt: chance(0.1, 5) }],
    ['loss state 1%', { loss: states(1, 99, 0, 100, 0) }],
    ['loss state 1% 20% 30% 40% 5%', { loss: states(1, 20, 30, 40, 5) }],
    ['slot 5ms', { slot: { minMs: 5, maxMs: 5 } }],
    ['slot 5ms 20ms packets 10', { slot: { minMs: 5, maxMs: 20, packets: 10 } }],
    [
      'slot distribution normal 10ms 2ms bytes 3000',
      {
        slot: {
          minMs: 10,
          maxMs: 10,
          shape: { distribution: 'normal', ms: 10, jitterMs: 2 },
          bytes: 3000,
        },
      },
    ],
    ['rate 256kbit limit 10', { rate: 256_000, limit: 10 }],
    ['rate 1.5mbit', { rate: 1_500_000 }],
    ['rate 10kbps', { rate: 80_000 }],
    ['rate 1mibit', { rate: 2 ** 20 }],
    ['mtu 1400 loss 1%', { mtu: 1400, loss: { model: 'random', percent: 1, correlation: 0 } }],
  ];
  for (const [text, impairment] of cases) t.same(parsed(text), impairment, text);
});

t.test('a word that is not understood is named, with an example', async (t) => {
  const cases: readonly [string, string, string][] = [
    ['lag 30%', 'unknown-word', 'lag'],
    ['30%', 'unknown-word', '30%'],
    ['loss', 'missing-value', 'loss'],
    ['loss delay 10ms', 'missing-value', 'loss'],
    ['loss 130%', 'bad-percentage', '130%'],
    ['loss -1%', 'bad-percentage', '-1%'],
    ['loss random lots', 'bad-percentage', 'lots'],
    ['loss 1% loss 2%', 'repeated', 'loss'],
    ['delay 100', 'bad-time', '100'],
    ['delay 100min', 'bad-time', '100min'],
    ['delay 2000000s', 'bad-time', '2000000s'],
    ['delay 10ms distribution normal', 'needs-delay', 'distribution'],
    ['delay 10ms 1ms distribution weird', 'unknown-word', 'weird'],
    ['reorder 25%', 'needs-delay', 'reorder'],
    ['delay 10ms gap 5', 'missing-value', 'gap'],
    ['delay 10ms reorder 5% gap 0', 'bad-count', '0'],
    ['rate 256', 'bad-rate', '256'],
    ['rate 0bit', 'bad-rate', '0bit'],
    ['limit 1.5', 'bad-count', '1.5'],
    ['limit 99999999999', 'bad-count', '99999999999'],
    ['mtu 1227', 'bad-mtu', '1227'],
    ['mtu 1400b', 'bad-mtu', '1400b'],
    ['mtu', 'missing-value', 'mtu'],
  ];
  for (const [text, code, word] of cases) {
    const result = parseImpairment(text);
    t.match(result, { ok: false, error: { code, word } }, text);
    if (!result.ok) t.match(result.error.message, /write it like: \w+/, result.error.message);
  }
});

t.test('an error says where it is', async (t) => {
  const at = (text: string): number => {
    const result = parseImpairment(text);
    return result.ok ? -1 : result.error.at;
  };
  t.equal(at('loss 30% delya 10ms'), 9);
  t.equal(at('delay 10ms loss 130%'), 16);
  t.equal(at('loss 1%  loss 2%'), 9);
  t.equal(at('  loss  '), 2);
});

t.test('a preset is its text, and what follows takes the place of its clauses', async (t) => {
  for (const [name, text] of Object.entries(PRESETS)) t.same(parsed(name), parsed(text), name);
  const wetter = parsed('wifi loss 20%');
  t.same(wetter.loss, { model: 'random', percent: 20, correlation: 0 });
  t.same(wetter.delay, parsed('wifi').delay);
  const late = parseImpairment('loss 5% wifi');
  t.match(late, { ok: false, error: { at: 8, message: /"wifi" is .* comes first.*: wifi loss/ } });
});

t.test('formatting and parsing are inverse', async () => {
  fc.assert(
    fc.property(impairments(), (impairment) => {
      const text = formatImpairment(impairment);
      const again = parsed(text);
      if (formatImpairment(again) !== text) throw new Error(text);
      return JSON.stringify(sorted(again)) === JSON.stringify(sorted(impairment));
    }),
  );
});

t.test('no text makes the parser throw', async () => {
  const words = ['loss', 'delay', 'gap', 'reorder', 'rate', 'limit', '5%', '1ms', 'gemodel', '-1'];
  const texts = fc.array(fc.oneof(fc.constantFrom(...words), fc.string())).map((w) => w.join(' '));
  fc.assert(fc.property(texts, (text) => typeof parseImpairment(text).ok === 'boolean'));
});

t.test('a rate is shown in the largest unit that keeps it exact', async (t) => {
  t.equal(formatRate(2e9), '2gbit');
  t.equal(formatRate(256_000), '256kbit');
  t.equal(formatRate(1_500_000), '1500kbit');
  t.equal(formatRate(999), '999bit');
});

function states(p13: number, p31: number, p32: number, p23: number, p14: number) {
  return { model: 'state' as const, p13, p31, p32, p23, p14 };
}

function chance(percent: number, correlation = 0): { percent: number; correlation: number } {
  return { percent, correlation };
}

function impairments(): fc.Arbitrary<Impairment> {
  const percent = fc.oneof(
    fc.integer({ min: 0, max: 100 }),
    fc.double({ min: 0, max: 100, noNaN: true }).map((value) => Math.abs(value)),
  );
  const chances = fc.record({ percent, correlation: percent });
  const ms = fc.double({ min: 0, max: 10_000, noNaN: true }).map((v) => Math.abs(v));
  const delay = fc
    .record({
      ms,
      jitterMs: ms,
      correlation: percent,
      distribution: fc.constantFrom(...DISTRIBUTIONS),
    })
    .map((d) => (d.jitterMs > 0 ? d : { ...d, correlation: 0, distribution: 'uniform' as const }));
  const loss = fc.oneof(
    chances.map((c) => ({ model: 'random' as const, ...c })),
    fc.record({
      model: fc.constant('gemodel' as const),
      p: percent,
      r: percent,
      badLoss: percent,
      goodLoss: percent,
    }),
    fc.record({
      model: fc.constant('state' as const),
      p13: percent,
      p31: percent,
      p32: percent,
      p23: percent,
      p14: percent,
    }),
  );
  const reorder = fc
    .tuple(chances, fc.integer({ min: 1, max: 1000 }))
    .map(([c, gap]) => ({ ...c, gap }));
  return fc
    .record(
      {
        loss,
        delay,
        duplicate: chances,
        corrupt: chances,
        reorder,
        rate: fc.integer({ min: 1, max: 1e12 }),
        limit: fc.integer({ min: 1, max: 2 ** 24 }),
        mtu: fc.integer({ min: 1_228, max: 65_535 }),
      },
      { requiredKeys: [] },
    )
    .map((value) => {
      const { reorder: _, ...rest } = value;
      return value.delay !== undefined && value.delay.ms > 0 ? value : rest;
    });
}

/** Key order does not matter. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}
