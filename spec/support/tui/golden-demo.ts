/** A window with one of everything in it, the same each time: for the golden screens. */
import { runWindow } from '../../../cli/tui/window.ts';
import type { ClientEvent } from '../../../lib/index.ts';
import { HOSTILE } from '../hostile.ts';
import { FakeClient } from './fake-client.ts';
import { WIDTHS } from './widths.ts';

const AT = Date.UTC(2026, 10, 22, 10, 0);
const MINUTE = 60_000;
const ROOM = '#lobby';
/** Which lines are said: a chat, `widths`, or `hostile`. */
const story = process.env['STORY'];

/** What the rooms and the people of the story are. */
const STAGE: readonly ClientEvent[] = [
  { type: 'joined', room: ROOM, topic: 'cables, coffee, 中文', modes: '' },
  {
    type: 'roster',
    room: ROOM,
    users: [
      { nick: 'ana', presence: 'here', role: 'owner' },
      { nick: 'böb', presence: 'here', role: 'op' },
      { nick: '王小明', presence: 'slow' },
      { nick: 'fam👨‍👩‍👧', presence: 'away' },
      { nick: 'cleo', presence: 'here', role: 'guest' },
    ],
  },
];

/** Says the story of the screens. */
class Storyteller extends FakeClient {
  #seq = 0;
  /** All has been said. */
  isTold = false;

  override begin(): void {
    setImmediate(() => {
      this.emit({ type: 'status', status: 'online', attempt: 1 });
      for (const event of STAGE) this.emit(event);
      for (const line of story === 'widths' ? WIDTHS : []) this.line('böb', line);
      for (const evil of story === 'hostile' ? HOSTILE.slice(0, 20) : []) {
        this.line(evil, evil);
      }
      if (story === undefined) this.#story();
      this.line('böb', 'the end');
      this.isTold = true;
    });
  }

  line(nick: string, text: string, more: object = {}): void {
    const seq = ++this.#seq;
    const common = { room: ROOM, seq, id: `s${seq}`, kind: 'text' as const, at: AT };
    this.emit({
      type: 'message',
      ...common,
      nick,
      text,
      own: nick === 'ana',
      history: false,
      ...more,
    });
  }

  #story(): void {
    this.line('böb', 'late yesterday', { at: AT - 600 * MINUTE });
    this.line('böb', 'hi all, has anyone seen the long ethernet cable?');
    this.line('böb', 'the yellow one, see https://example.org/cables?colour=yellow');
    this.line('王小明', '大家好！今天的会议改到三点 🚀');
    this.line('ana', 'behind the rack', { ref: 2, took: 12 });
    this.line('cleo', 'waves', { kind: 'action' });
    this.line(
      'cleo',
      'ana: run `make check` and then\n```\nfor x in 1 2; do\n  echo $x\ndone\n```',
    );
    this.line('e\x1b[2Jve', 'a \x1b[31mred\x1b[0m \u202efdp.exe {bold}tag{/bold}');
    const entry = { room: ROOM, at: AT, own: false, history: false };
    this.emit({ type: 'react', ...entry, seq: 90, nick: 'cleo', ref: 5, text: '👍', on: true });
    this.emit({ type: 'react', ...entry, seq: 91, nick: 'böb', ref: 5, text: '👍', on: true });
    this.emit({ type: 'edit', ...entry, seq: 92, nick: 'böb', ref: 2, text: 'who has the cable?' });
    this.line('cleo', 'never mind');
    this.emit({ type: 'delete', ...entry, seq: 93, nick: 'cleo', ref: 9 });
    this.emit({ type: 'join', room: ROOM, nick: 'dora', reason: '', at: AT });
    this.emit({ type: 'gone', room: ROOM, nick: '王小明', reason: 'timed out', at: AT });
    this.emit({ type: 'read', room: ROOM, nick: 'böb', seq: 5 });
    this.emit({ type: 'joined', room: '#dev', topic: '', modes: '' });
    this.line('cleo', 'ana: look at this', { room: '#dev' });
    this.line('böb', 'psst', { room: '@böb', seq: 0 });
    this.emit({ type: 'typing', room: ROOM, nick: 'cleo' });
    const own = { room: ROOM, nick: 'ana', kind: 'text' as const, at: AT, ref: 0 };
    this.emit({ type: 'pending', ...own, id: 'p1', text: 'too long by far' });
    this.emit({
      type: 'rejected',
      room: ROOM,
      id: 'p1',
      code: 'x',
      reason: 'the line is too long',
    });
    this.emit({ type: 'pending', ...own, id: 'p2', text: 'still on its way' });
  }
}

Date.now = () => AT; // what happens now is dated so, too
const client = new Storyteller('ana');
const stats = {
  srtt: 12.3,
  rttvar: 1,
  lossOut: 0.004,
  lossIn: 0.3,
  retransmits: 7,
  copies: 3,
  cwnd: 64_000,
};
client.stats = () => (client.isTold ? stats : undefined);
client.begin();
// Nothing on the screen runs out; so no Escape key either, which is one only after a while.
await runWindow({ client, clock: () => 1000 });
process.exit(0);
