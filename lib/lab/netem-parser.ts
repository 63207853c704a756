import {
  type Chance,
  type Delay,
  DISTRIBUTIONS,
  type Distribution,
  type Impairment,
  type Loss,
  type Reorder,
  type Slot,
} from './impairment.ts';
import { isPreset, PRESETS } from './presets.ts';

/** Longest delay or jitter, ms: an hour. Longer is a slip of the unit. */
const MAX_DELAY_MS = 3_600_000;
/** Highest rate, bits a second: 1 Tbit/s, so that the figure stays an exact integer. */
const MAX_RATE = 1e12;
/** Longest queue or reordering gap, in datagrams: 16 million. */
const MAX_COUNT = 2 ** 24;
/** Least MTU, bytes: with less no handshake gets through, for it is padded (RFC 9000 14.1). */
const MIN_MTU = 1_228;
/** Longest IP packet, bytes. */
const MAX_MTU = 65_535;

export type ImpairmentErrorCode =
  | 'unknown-word'
  | 'missing-value'
  | 'bad-percentage'
  | 'bad-time'
  | 'bad-rate'
  | 'bad-count'
  | 'bad-mtu'
  | 'repeated'
  | 'needs-delay';

/**
 * `word` is the one that was not understood, `at` where it begins in the text (its end, where one
 * is lacking); `message` says so and shows how to write it.
 */
export interface ImpairmentError {
  readonly code: ImpairmentErrorCode;
  readonly word: string;
  readonly at: number;
  readonly message: string;
}

export type ImpairmentResult =
  | { readonly ok: true; readonly impairment: Impairment }
  | { readonly ok: false; readonly error: ImpairmentError };

const EXAMPLES = {
  loss: 'loss 30%, loss random 10% 25%, loss gemodel 2% 30%, loss state 2% 30%',
  delay: 'delay 100ms 20ms 25% distribution normal',
  distribution: `delay 100ms 20ms distribution ${DISTRIBUTIONS.join('|')}`,
  duplicate: 'duplicate 1%',
  corrupt: 'corrupt 0.1%',
  reorder: 'delay 10ms reorder 25% 50% gap 5',
  gap: 'delay 10ms reorder 25% gap 5',
  rate: 'rate 256kbit',
  limit: 'limit 1000',
  slot: 'slot 5ms 20ms packets 10, slot distribution normal 10ms 2ms bytes 3000',
  mtu: 'mtu 1400',
} as const;

type Keyword = keyof typeof EXAMPLES;

const NUMBER = String.raw`\d+(?:\.\d+)?(?:e-?\d+)?`;
const PERCENT = new RegExp(`^(${NUMBER})%?$`);
const QUANTITY = new RegExp(`^(${NUMBER})([a-z]+)$`);
const COUNT = /^\d{1,9}$/;

/** Milliseconds in a unit of time. */
const TIME_UNITS = new Map([
  ['us', 1e-3],
  ['usec', 1e-3],
  ['usecs', 1e-3],
  ['ms', 1],
  ['msec', 1],
  ['msecs', 1],
  ['s', 1e3],
  ['sec', 1e3],
  ['secs', 1e3],
]);

const RATE_UNITS = rateUnits();

/** Bits a second in a unit of rate: `bit` counts bits and `bps` bytes, as in tc(8). */
function rateUnits(): Map<string, number> {
  const units = new Map<string, number>();
  for (const [prefix, size] of [
    ['', 1],
    ['k', 1e3],
    ['m', 1e6],
    ['g', 1e9],
    ['ki', 2 ** 10],
    ['mi', 2 ** 20],
    ['gi', 2 ** 30],
  ] as const) {
    units.set(`${prefix}bit`, size);
    units.set(`${prefix}bps`, 8 * size);
  }
  return units;
}

/**
 * Reads netem's words, and `mtu`: `loss 30% delay 100ms`. Clauses come in any order, each at
 * most once; an empty text is a perfect link; the name of a preset may come first, and what follows
 * it is put in the place of its clauses. Never throws: a word that is not understood is an error
 * value.
 */
export function parseImpairment(text: string): ImpairmentResult {
  const parser = new Parser(text);
  try {
    return { ok: true, impairment: parser.parse() };
  } catch (error) {
    if (error instanceof Refusal) {
      return { ok: false, error: error.toError(parser.position(error.word)) };
    }
    throw error;
  }
}

/** Carries an error out of the recursive descent; never leaves this file. */
class Refusal extends Error {
  readonly code: ImpairmentErrorCode;
  readonly word: string;
  readonly example: string;

  constructor(code: ImpairmentErrorCode, word: string, complaint: string, example: string) {
    super(complaint);
    this.code = code;
    this.word = word;
    this.example = example;
  }

  toError(at: number): ImpairmentError {
    const { code, word, message, example } = this;
    return { code, word, at, message: `${message}; write it like: ${example}` };
  }
}

type Clauses = { -readonly [K in keyof Impairment]: Impairment[K] } & {
  distribution?: Distribution;
  gap?: number;
};

class Parser {
  readonly #words: readonly string[];
  readonly #starts: readonly number[];
  readonly #length: number;
  #next = 0;

  constructor(text: string) {
    const matches = [...text.toLowerCase().matchAll(/\S+/g)];
    this.#words = matches.map(([word]) => word);
    this.#starts = matches.map(({ index }) => index);
    this.#length = text.trimEnd().length;
  }

  /** Where a word that was just refused begins; the end of the text if it is a missing one. */
  position(word: string): number {
    const at = this.#words.lastIndexOf(word, this.#next - 1);
    return this.#starts[at] ?? this.#length;
  }

  parse(): Impairment {
    const name = this.#peek();
    if (name === undefined || !isPreset(name)) return this.#clauses();
    this.#next++;
    return { ...new Parser(PRESETS[name]).#clauses(), ...this.#clauses() };
  }

  #clauses(): Impairment {
    const clauses: Clauses = {};
    for (let word = this.#take(); word !== undefined; word = this.#take()) {
      if (!isKeyword(word)) {
        if (isPreset(word)) {
          const complaint = `"${word}" is the name of a network and comes first, once`;
          throw new Refusal('unknown-word', word, complaint, `${word} loss 20%`);
        }
        const known = Object.keys(EXAMPLES).join(', ');
        const presets = Object.keys(PRESETS).join(', ');
        const complaint = `"${word}" is not one of ${known}, nor a preset (${presets}) in front`;
        throw new Refusal('unknown-word', word, complaint, 'loss 30% delay 100ms 20ms');
      }
      if (clauses[word] !== undefined) {
        throw new Refusal('repeated', word, `"${word}" is given twice`, EXAMPLES[word]);
      }
      this.#clause(word, clauses);
    }
    return assemble(clauses);
  }

  #clause(keyword: Keyword, clauses: Clauses): void {
    if (keyword === 'loss') clauses.loss = this.#loss();
    else if (keyword === 'delay') clauses.delay = this.#delay();
    else if (keyword === 'distribution') clauses.distribution = this.#distribution();
    else if (keyword === 'reorder') clauses.reorder = { ...this.#chance(keyword), gap: 1 };
    else if (keyword === 'slot') clauses.slot = this.#slot();
    else if (keyword === 'rate') clauses.rate = this.#rate();
    else if (keyword === 'mtu') clauses.mtu = this.#mtu();
    else if (keyword === 'limit' || keyword === 'gap') clauses[keyword] = this.#count(keyword);
    else clauses[keyword] = this.#chance(keyword);
  }

  #loss(): Loss {
    if (this.#accept('gemodel')) {
      const p = this.#percent('loss');
      const r = this.#optionalPercent('loss') ?? 100 - p;
      const badLoss = this.#optionalPercent('loss') ?? 100;
      const goodLoss = this.#optionalPercent('loss') ?? 0;
      return { model: 'gemodel', p, r, badLoss, goodLoss };
    }
    if (this.#accept('state')) {
      const p13 = this.#percent('loss');
      const p31 = this.#optionalPercent('loss') ?? 100 - p13;
      const p32 = this.#optionalPercent('loss') ?? 0;
      const p23 = this.#optionalPercent('loss') ?? 100;
      const p14 = this.#optionalPercent('loss') ?? 0;
      return { model: 'state', p13, p31, p32, p23, p14 };
    }
    this.#accept('random');
    return { model: 'random', ...this.#chance('loss') };
  }

  #slot(): Slot {
    const isShaped = this.#accept('distribution');
    const distribution = isShaped ? this.#distribution() : undefined;
    const first = this.#time('slot');
    const second = QUANTITY.test(this.#peek() ?? '') ? this.#time('slot') : undefined;
    const bounds: { packets?: number; bytes?: number } = {};
    for (const unit of ['packets', 'bytes'] as const) {
      if (this.#accept(unit)) bounds[unit] = this.#count('slot');
    }
    if (distribution === undefined) {
      return { minMs: first, maxMs: Math.max(first, second ?? first), ...bounds };
    }
    const shape = { distribution, ms: first, jitterMs: second ?? 0 };
    return { minMs: first, maxMs: first, shape, ...bounds };
  }

  #delay(): Delay {
    const ms = this.#time('delay');
    const jitterMs = QUANTITY.test(this.#peek() ?? '') ? this.#time('delay') : 0;
    const correlation = (jitterMs > 0 ? this.#optionalPercent('delay') : undefined) ?? 0;
    return { ms, jitterMs, correlation, distribution: 'uniform' };
  }

  #distribution(): Distribution {
    const word = this.#value('distribution');
    const known = DISTRIBUTIONS.find((name) => name === word);
    if (known !== undefined) return known;
    const complaint = `"${word}" is not a distribution`;
    throw new Refusal('unknown-word', word, complaint, EXAMPLES.distribution);
  }

  #chance(keyword: Keyword): Chance {
    const percent = this.#percent(keyword);
    return { percent, correlation: this.#optionalPercent(keyword) ?? 0 };
  }

  #percent(keyword: Keyword): number {
    const word = this.#value(keyword);
    const percent = Number(PERCENT.exec(word)?.[1]);
    if (percent <= 100) return percent;
    const complaint = `"${word}" after "${keyword}" is not a percentage from 0% to 100%`;
    throw new Refusal('bad-percentage', word, complaint, EXAMPLES[keyword]);
  }

  #optionalPercent(keyword: Keyword): number | undefined {
    return PERCENT.test(this.#peek() ?? '') ? this.#percent(keyword) : undefined;
  }

  #time(keyword: 'delay' | 'slot'): number {
    const word = this.#value(keyword);
    const [, digits, unit = ''] = QUANTITY.exec(word) ?? [];
    const ms = Number(digits) * (TIME_UNITS.get(unit) ?? Number.NaN);
    if (ms <= MAX_DELAY_MS) return ms;
    const complaint = `"${word}" is not a time with its unit (us, ms, s) of at most an hour`;
    throw new Refusal('bad-time', word, complaint, EXAMPLES[keyword]);
  }

  #rate(): number {
    const word = this.#value('rate');
    const [, digits, unit = ''] = QUANTITY.exec(word) ?? [];
    const rate = Math.round(Number(digits) * (RATE_UNITS.get(unit) ?? Number.NaN));
    if (rate >= 1 && rate <= MAX_RATE) return rate;
    const complaint = `"${word}" is not a rate with its unit (bit, kbit, mbit, gbit, kbps...)`;
    throw new Refusal('bad-rate', word, complaint, EXAMPLES.rate);
  }

  #count(keyword: 'limit' | 'gap' | 'slot'): number {
    const word = this.#value(keyword);
    const count = COUNT.test(word) ? Number(word) : Number.NaN;
    if (count >= 1 && count <= MAX_COUNT) return count;
    const complaint = `"${word}" after "${keyword}" is not a whole number from 1 to ${MAX_COUNT}`;
    throw new Refusal('bad-count', word, complaint, EXAMPLES[keyword]);
  }

  #mtu(): number {
    const word = this.#value('mtu');
    const mtu = COUNT.test(word) ? Number(word) : Number.NaN;
    if (mtu >= MIN_MTU && mtu <= MAX_MTU) return mtu;
    const bounds = `${MIN_MTU} (what a handshake takes) to ${MAX_MTU}`;
    const complaint = `"${word}" after "mtu" is no number of bytes from ${bounds}`;
    throw new Refusal('bad-mtu', word, complaint, EXAMPLES.mtu);
  }

  #value(keyword: Keyword): string {
    const word = this.#take();
    if (word !== undefined && !isKeyword(word)) return word;
    const complaint = `"${keyword}" lacks its value`;
    throw new Refusal('missing-value', keyword, complaint, EXAMPLES[keyword]);
  }

  #accept(word: string): boolean {
    if (this.#peek() !== word) return false;
    this.#next++;
    return true;
  }

  #peek(): string | undefined {
    return this.#words[this.#next];
  }

  #take(): string | undefined {
    return this.#words[this.#next++];
  }
}

function isKeyword(word: string): word is Keyword {
  return Object.hasOwn(EXAMPLES, word);
}

/** Folds `distribution` and `gap`, words of their own in netem, into what they belong to. */
function assemble({ distribution, gap, ...clauses }: Clauses): Impairment {
  const { delay, reorder } = clauses;
  if (distribution !== undefined) {
    if (delay === undefined || delay.jitterMs === 0) {
      const complaint = '"distribution" shapes jitter and there is none';
      throw new Refusal('needs-delay', 'distribution', complaint, EXAMPLES.distribution);
    }
    clauses.delay = { ...delay, distribution };
  }
  if (gap !== undefined && reorder === undefined) {
    const complaint = '"gap" belongs to "reorder" and there is none';
    throw new Refusal('missing-value', 'gap', complaint, EXAMPLES.gap);
  }
  if (reorder !== undefined) {
    if (delay === undefined || delay.ms === 0) {
      const complaint = '"reorder" lets datagrams skip the delay and there is none';
      throw new Refusal('needs-delay', 'reorder', complaint, EXAMPLES.reorder);
    }
    const folded: Reorder = { ...reorder, gap: gap ?? 1 };
    clauses.reorder = folded;
  }
  return clauses;
}
