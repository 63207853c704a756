import type { LinkStats, WindowClient } from '../../../cli/tui/window.ts';
import type { ClientEvent, EntryKind, TraceStep, User } from '../../../lib/index.ts';

const AT = Date.UTC(2026, 10, 22, 10, 0);
const EVIL =
  'tag {bold}x{/bold} \x1b[31mred\x1b[0m \x1b]0;pwned\x07 \u009b31m \u202egnp.exe \x08\x07';

/** A chat client without a network: takes every line, and plays scenes when told to by a post. */
export class FakeClient implements WindowClient {
  nick: string;
  #listeners: ((event: ClientEvent) => void)[] = [];
  #seq = 0;
  #stats: LinkStats | undefined;
  #isOffline = false;
  #held: (() => void)[] = [];

  constructor(nick: string) {
    this.nick = nick;
  }

  on(_event: 'event', listener: (event: ClientEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Comes online with two others in the room, as soon as the window listens. */
  begin(): void {
    setImmediate(() => {
      const users: User[] = ['ana', 'böb', '王小明'].map((nick) => ({ nick, presence: 'here' }));
      this.emit({ type: 'status', status: 'online', attempt: 1 });
      this.emit({ type: 'welcome', nick: this.nick, resumed: false });
      this.emit({ type: 'roster', room: '#lobby', users });
      this.say('böb', 'hi all');
    });
  }

  post(room: string, text: string, kind: EntryKind, about: { ref?: number } = {}): string {
    const id = `id${++this.#seq}`;
    if (kind !== 'text' && kind !== 'action') {
      this.#entry(room, text, kind, about.ref ?? 0);
      return id;
    }
    const { ref = 0 } = about;
    this.emit({ type: 'pending', room, id, nick: this.nick, kind, text, at: AT, ref });
    const accept = (): void => {
      const seq = this.#seq;
      this.emit({ type: 'accepted', room, id, seq, at: AT });
      const common = { room, seq, id, nick: this.nick, kind, text, at: AT, ref };
      this.emit({ type: 'message', ...common, own: true, history: false });
    };
    if (this.#isOffline) this.#held.push(accept);
    else setImmediate(accept);
    if (text.startsWith('!')) setImmediate(() => this.#play(text.slice(1)));
    return id;
  }

  #entry(room: string, text: string, kind: EntryKind, ref: number): void {
    const common = { room, seq: this.#seq, nick: this.nick, at: AT, own: true, history: false };
    if (kind === 'edit') this.emit({ type: 'edit', ...common, ref, text });
    else if (kind === 'delete') this.emit({ type: 'delete', ...common, ref });
    else if (kind === 'topic') this.emit({ type: 'topic', ...common, topic: text });
    else if (kind === 'react' || kind === 'unreact') {
      this.emit({ type: 'react', ...common, ref, text, on: kind === 'react' });
    }
  }

  trace(): readonly TraceStep[] {
    return [
      { at: 10, what: 'sent', packet: 7, bytes: 40 },
      { at: 15, what: 'copied', packet: 8, bytes: 40 },
      { at: 40, what: 'lost', packet: 7, bytes: 40 },
      { at: 41.5, what: 'acked', packet: 8, bytes: 40 },
    ];
  }

  join(room: string): void {
    this.emit({ type: 'joined', room, topic: 'what it is about', modes: '' });
    const users: User[] = ['ana', 'cleo'].map((nick) => ({ nick, presence: 'here' }));
    this.emit({ type: 'roster', room, users });
  }

  part(room: string): void {
    this.emit({ type: 'parted', room, code: 'left', reason: '' });
  }

  list(): void {
    this.emit({ type: 'rooms', rooms: [{ room: '#dev', members: 2, topic: 'code' }], total: 1 });
  }

  invite(): void {}
  acceptLab(): void {}

  lab(room: string, impairment: string): void {
    this.emit({ type: 'lab', room, nick: this.nick, impairment });
  }

  search(): number {
    return 0;
  }

  history(): number {
    return 0;
  }

  whois(): void {}

  register(): void {}
  away(): void {}
  typing(): void {}
  read(): void {}

  direct(nick: string, text: string): string {
    return this.post(`@${nick}`, text, 'text');
  }

  changeNick(nick: string): void {
    const from = this.nick;
    this.nick = nick;
    this.emit({ type: 'nick', room: '#lobby', from, to: nick, own: true, at: AT });
  }

  quit(): void {}

  stats(): LinkStats | undefined {
    return this.#stats;
  }

  /** Somebody else says something. */
  say(nick: string, text: string, room = '#lobby', at = AT): void {
    const id = `other${++this.#seq}`;
    const common = { room, seq: this.#seq, id, nick, kind: 'text' as const, text, at };
    this.emit({ type: 'message', ...common, own: false, history: false });
  }

  emit(event: ClientEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #play(scene: string): void {
    const [name = '', argument = '', ...rest] = scene.split(' ');
    switch (name) {
      case 'evil':
        this.say(`e\x1b[2Jve`, EVIL);
        break;
      case 'wide':
        for (const text of [
          '中文字 你好 🚀 ✅',
          'family 👨‍👩‍👧‍👦 skin 👍🏽 flag 🇩🇪 heart ❤️ 1️⃣',
          'नमस्ते e\u0301',
        ]) {
          this.say('böb', text);
        }
        break;
      case 'many':
        for (let i = 1; i <= Number(argument); i++) this.say('böb', `line ${i}`);
        break;
      case 'people':
        this.#membership('join', 'cleo', '');
        this.#membership('gone', 'böb', 'timed out');
        this.#membership('leave', '王小明', 'bye');
        this.emit({ type: 'presence', nick: 'cleo', presence: 'slow' });
        break;
      case 'direct':
        this.say('böb', 'psst', '@böb');
        break;
      case 'room': {
        const users: User[] = ['ana', 'cleo'].map((nick) => ({ nick, presence: 'here' }));
        this.emit({ type: 'roster', room: argument, users });
        break;
      }
      case 'say':
        this.say('cleo', rest.join(' '), argument);
        break;
      case 'link':
        this.say('böb', 'see https://example.org/a?b=1 and `code`, ana');
        break;
      case 'days':
        this.say('böb', 'yesterday, late', '#lobby', AT - 86_400_000);
        this.say('böb', 'today');
        break;
      case 'outage':
        this.#isOffline = true;
        this.emit({
          type: 'status',
          status: 'reconnecting',
          attempt: 1,
          retryAt: performance.now() + 60_000,
          detail: 'no answer',
        });
        break;
      case 'back':
        this.#isOffline = false;
        this.emit({ type: 'status', status: 'online', attempt: 2 });
        for (const accept of this.#held.splice(0)) accept();
        break;
      case 'stats':
        this.#stats = {
          srtt: 12.3,
          rttvar: 1,
          lossOut: 0.004,
          lossIn: 0.3,
          retransmits: 7,
          copies: 3,
          cwnd: 64_000,
        };
        break;
      case 'reject':
        this.emit({
          type: 'rejected',
          room: '#lobby',
          id: `id${this.#seq}`,
          code: 'too-long',
          reason: 'the line is too long',
        });
        break;
      case 'warn':
        process.emitWarning('something odd');
        break;
      case 'crash':
        setImmediate(() => {
          throw new Error('boom');
        });
        break;
      case 'rejection':
        void Promise.reject(new Error('boom'));
        break;
      case 'signal':
        process.kill(process.pid, argument);
        break;
      case 'kick':
        this.emit({ type: 'closed', code: 'kicked', reason: 'kicked by op', undelivered: 0 });
        break;
    }
  }

  #membership(type: 'join' | 'leave' | 'gone', nick: string, reason: string): void {
    this.emit({ type, room: '#lobby', nick, reason, at: AT });
  }
}
