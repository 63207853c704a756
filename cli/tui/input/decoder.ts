import { chordOfSequence, chordOfText, parseMouse } from './chords.ts';

/**
 * What comes in from a terminal. `chord` is a key that is not text, written like `C-a`, `M-b`,
 * `S-tab`, `up`, `C-right`, `enter`; modifiers come in the order C, M, S.
 */
export type InputEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'chord'; readonly chord: string }
  | { readonly type: 'paste'; readonly text: string }
  | { readonly type: 'wheel'; readonly direction: 'up' | 'down' }
  /** The left button, at a cell counted from the top left corner. */
  | { readonly type: 'click'; readonly x: number; readonly y: number }
  | { readonly type: 'focus'; readonly focused: boolean }
  /** The terminal puts brackets around what is pasted: the answer to a question of ours. */
  | { readonly type: 'brackets' }
  /** Where the terminal's cursor is, counted from 1: the answer to a question of ours. */
  | { readonly type: 'cursor'; readonly row: number; readonly column: number };

/** How long an ESC may be the start of a sequence, ms; a person's Alt is slower than a terminal. */
export const ESCAPE_TIMEOUT = 40;
/** A paste whose end mark does not come ends by itself this long after its last byte, ms. */
export const PASTE_TIMEOUT = 5000;
/** A paste keeps this many characters; the rest of it is dropped. */
export const MAX_PASTE_LENGTH = 1_048_576;
/** A reply or sequence longer than this is no such thing: it is dropped as far as it came. */
const MAX_SEQUENCE_LENGTH = 4096;

const ESC = '\x1b';
/** What a terminal sends before a paste. */
export const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';

type State = 'ground' | 'escape' | 'csi' | 'ss3' | 'string' | 'string-escape' | 'paste';

/**
 * Turns the bytes of a terminal into events; the same bytes give the same events however reads cut
 * them. Terminal replies (device attributes, cursor reports, colours) are swallowed. Pure: the
 * caller passes `now` in ms and calls `handleTimeout` when `nextTimeout` has come.
 */
export class InputDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  #state: State = 'ground';
  /** The sequence so far, with its ESC; in a paste, the pasted text. */
  #pending = '';
  /** Of a paste: its last characters, and how many were not kept. */
  #tail = '';
  #dropped = 0;
  #deadline = Infinity;
  #events: InputEvent[] = [];

  push(now: number, bytes: Uint8Array): InputEvent[] {
    for (const char of this.#utf8.decode(bytes, { stream: true })) this.#take(char);
    if (this.#state === 'ground') this.#deadline = Infinity;
    else this.#deadline = now + (this.#state === 'paste' ? PASTE_TIMEOUT : ESCAPE_TIMEOUT);
    return this.#flush();
  }

  /** An ESC that nothing followed is the Escape key; a sequence that stopped half-way is noise. */
  handleTimeout(now: number): InputEvent[] {
    if (now < this.#deadline) return [];
    if (this.#state === 'escape') this.#chord(this.#pending === '\x1b\x1b' ? 'M-escape' : 'escape');
    else if (this.#state === 'csi' && this.#pending.endsWith('[')) this.#chord('M-[');
    else if (this.#state === 'ss3') this.#chord('M-O');
    else if (this.#state === 'paste') this.#endPaste(this.#pending);
    this.#reset();
    return this.#flush();
  }

  /** When `handleTimeout` is due, in the clock of `now`; Infinity when never. */
  nextTimeout(): number {
    return this.#deadline;
  }

  #flush(): InputEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #reset(): void {
    this.#state = 'ground';
    this.#pending = '';
    this.#tail = '';
    this.#dropped = 0;
    this.#deadline = Infinity;
  }

  #chord(chord: string): void {
    this.#events.push({ type: 'chord', chord });
  }

  #take(char: string): void {
    switch (this.#state) {
      case 'ground':
        this.#takeGround(char);
        break;
      case 'escape':
        this.#takeEscape(char);
        break;
      case 'csi':
        this.#takeCsi(char);
        break;
      case 'ss3':
        this.#takeSs3(char);
        break;
      case 'string':
      case 'string-escape':
        this.#takeString(char);
        break;
      case 'paste':
        this.#takePaste(char);
        break;
    }
  }

  #takeGround(char: string): void {
    if (char === ESC) {
      this.#state = 'escape';
      this.#pending = ESC;
      return;
    }
    this.#key(char, '');
  }

  #key(char: string, prefix: '' | 'M-'): void {
    const chord = chordOfText(char, prefix);
    if (chord === undefined) this.#events.push({ type: 'text', text: char });
    else if (chord !== '') this.#chord(chord);
  }

  #takeEscape(char: string): void {
    if (char === '[') this.#state = 'csi';
    else if (char === 'O') this.#state = 'ss3';
    else if (char === ']' || char === 'P' || char === '_' || char === '^' || char === 'X') {
      this.#state = 'string';
    } else if (char === ESC) {
      // Two ESC: the second may begin a sequence with Alt held, as rxvt sends it.
      if (this.#pending.length > 1) this.#chord('escape');
      this.#pending = '\x1b\x1b';
      return;
    } else {
      if (this.#pending.length > 1) this.#chord('escape');
      this.#reset();
      this.#key(char, 'M-');
      return;
    }
    this.#pending += char;
  }

  #takeCsi(char: string): void {
    if (char === ESC) {
      this.#state = 'escape';
      this.#pending = ESC;
      return;
    }
    this.#pending += char;
    const code = char.codePointAt(0) ?? 0;
    // `ESC [ [ A` is F1 on the Linux console: one more character comes.
    if (this.#pending.endsWith('[[') && this.#pending.length <= 4) return;
    const isFinal = code >= 0x40 && code <= 0x7e;
    if (!isFinal && code >= 0x20 && code < 0x40) {
      if (this.#pending.length > MAX_SEQUENCE_LENGTH) this.#reset();
      return;
    }
    const sequence = this.#pending;
    this.#reset();
    if (!isFinal) return;
    if (sequence === PASTE_START) this.#state = 'paste';
    else this.#sequence(sequence);
  }

  #takeSs3(char: string): void {
    const sequence = this.#pending + char;
    this.#reset();
    if (char === ESC) this.#takeGround(char);
    else this.#sequence(sequence);
  }

  #sequence(sequence: string): void {
    const alt = sequence.startsWith('\x1b\x1b');
    const plain = sequence.slice(alt ? 2 : 1);
    if (plain === '[I' || plain === '[O') {
      this.#events.push({ type: 'focus', focused: plain.endsWith('I') });
      return;
    }
    if (/^\[\?2004;[12]\$y$/.test(plain)) {
      this.#events.push({ type: 'brackets' });
      return;
    }
    const cursor = /^\[(\d+);(\d+)R$/.exec(plain);
    if (cursor !== null) {
      const [row, column] = [Number(cursor[1]), Number(cursor[2])];
      this.#events.push({ type: 'cursor', row, column });
      return;
    }
    const mouse = parseMouse(plain);
    if (mouse !== undefined) {
      const { action, x, y } = mouse;
      if (action === 'press') this.#events.push({ type: 'click', x, y });
      else if (action !== 'other') this.#events.push({ type: 'wheel', direction: action });
      return;
    }
    const chord = chordOfSequence(plain);
    if (chord === undefined) return;
    if (chord.type === 'text') this.#events.push(chord);
    else this.#chord(alt ? `M-${chord.chord}` : chord.chord);
  }

  /** OSC, DCS, APC, PM, SOS: replies and nothing else; they end in BEL or ST. */
  #takeString(char: string): void {
    if (char === '\x07' || (char === '\\' && this.#state === 'string-escape')) {
      this.#reset();
      return;
    }
    if (this.#state === 'string-escape') {
      this.#state = 'escape';
      this.#pending = ESC;
      this.#takeEscape(char);
      return;
    }
    if (char === ESC) this.#state = 'string-escape';
    this.#pending += char;
    if (this.#pending.length > MAX_SEQUENCE_LENGTH) this.#reset();
  }

  #takePaste(char: string): void {
    if (this.#pending.length < MAX_PASTE_LENGTH) this.#pending += char;
    else this.#dropped += char.length;
    this.#tail = (this.#tail + char).slice(-PASTE_END.length);
    if (this.#tail !== PASTE_END) return;
    const markKept = Math.max(0, PASTE_END.length - this.#dropped);
    this.#endPaste(this.#pending.slice(0, this.#pending.length - markKept));
  }

  #endPaste(text: string): void {
    this.#reset();
    this.#events.push({ type: 'paste', text: text.replace(/\r\n?/g, '\n') });
  }
}
