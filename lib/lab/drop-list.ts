/** Most entries of a list: more is a slip, or a job for `loss`. */
const MAX_ENTRIES = 10_000;

const ENTRY = /^([1-9]\d{0,8})(?:r([1-9]\d{0,3}))?$/;

/**
 * Names transmissions of messages: `3` is the first transmission of the third message that the
 * client sends, `7r1` the first time that the seventh is sent again (or a copy of it).
 */
export class DropList {
  readonly #names: ReadonlySet<string>;

  private constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  /** Reads `3,7,7r1`; the word that makes no sense, if one does not. */
  static parse(text: string): DropList | { readonly wrong: string } {
    const words = text.split(',').map((word) => word.trim());
    const wrong = words.find((word) => !ENTRY.test(word));
    if (wrong !== undefined) return { wrong };
    if (words.length > MAX_ENTRIES) return { wrong: `${words.length} entries` };
    return new DropList(new Set(words));
  }

  /** `message` counts from 0, `transmission` from 0: 0 is the first. */
  has(message: number, transmission: number): boolean {
    const again = transmission === 0 ? '' : `r${transmission}`;
    return this.#names.has(`${message + 1}${again}`);
  }

  toString(): string {
    return [...this.#names].join(',');
  }
}
