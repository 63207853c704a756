/** What the twin throws where the text says that something is malformed. */
export class Refused extends Error {}

/** The result of `read`, or undefined if it refuses its input. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

export function demand(holds: boolean, what: string): void {
  if (!holds) throw new Refused(what);
}

/** Section 1: reads hexadecimal text, two digits a byte, with nothing clever. */
export class Cursor {
  #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#text.length / 2;
  }

  /** The next bytes, as hexadecimal text. */
  take(length: number): string {
    demand(length <= this.left, 'cut short');
    const taken = this.#text.slice(0, 2 * length);
    this.#text = this.#text.slice(2 * length);
    return taken;
  }

  integer(length: number): number {
    return Number.parseInt(this.take(length), 16);
  }

  varint(): number {
    const first = this.integer(1);
    const length = 2 ** (first >> 6);
    const rest = length === 1 ? '' : this.take(length - 1);
    const value = BigInt(`0x${(first & 0x3f).toString(16).padStart(2, '0')}${rest}`);
    demand(value <= 2n ** 53n - 1n, 'a varint over 2^53 - 1');
    const bits = [6n, 14n, 30n].findIndex((size) => value < 2n ** size);
    demand(length === 2 ** (bits === -1 ? 3 : bits), 'a varint that is not the shortest');
    return Number(value);
  }

  blob(): string {
    return this.take(this.varint());
  }
}
