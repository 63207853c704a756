import t from 'tap';
import { SeededRandom } from '../../lib/base/random.ts';
import { toHex } from '../../lib/chat/bytes.ts';
import { LOBBY } from '../../lib/chat/config.ts';
import { ClientCore } from '../../lib/client/core.ts';
import type { ClientEvent } from '../../lib/client/events.ts';
import { createNoise } from '../../lib/crypto/noise.ts';
import { HmacRetryTokens } from '../../lib/crypto/retry-tokens.ts';
import { publicKeyOf } from '../../lib/crypto/static-key.ts';
import { formatImpairment } from '../../lib/lab/impairment.ts';
import { judgeLab } from '../../lib/lab/judge-lab.ts';
import { LiveLab } from '../../lib/lab/live-lab.ts';
import { World, type WorldNode } from '../../lib/lab/world.ts';
import { ServerCore } from '../../lib/server/core.ts';
import { weather } from '../support/town.ts';

const SERVER = { address: '10.0.0.1', port: 5000 };
const EPOCH = 1_000_000;
const OWNER = new Uint8Array(32).fill(7);

interface Student {
  readonly core: ClientCore;
  readonly node: WorldNode;
  readonly lab: LiveLab;
  readonly events: readonly ClientEvent[];
}

/** A class in virtual time: production cores with their own labs; the first is the teacher. */
class Classroom {
  readonly world: World;
  readonly students: Student[] = [];
  readonly #random: SeededRandom;

  constructor(seed: number, size: number) {
    this.#random = new SeededRandom(seed);
    const random = this.#random;
    this.world = new World({ seed, impairment: weather('delay 5ms') });
    const machine = new ServerCore({
      random: random.fork(),
      handshakes: createNoise({ random: random.fork() }),
      tokens: new HmacRetryTokens(new Uint8Array(32)),
      epoch: EPOCH,
      owners: [toHex(publicKeyOf(OWNER))],
      judgeLab,
    });
    this.world.add({ name: 'server', address: SERVER, machine });
    for (let i = 0; i < size; i++) this.add(i === 0 ? OWNER : undefined);
    this.wait(1000);
  }

  get teacher(): Student {
    const [teacher] = this.students;
    if (teacher === undefined) throw new Error('a class without a teacher');
    return teacher;
  }

  add(staticKey?: Uint8Array): Student {
    const random = this.#random.fork();
    const nick = `student${this.students.length}`;
    const handshakes = createNoise({ random: random.fork(), staticKey });
    const core = new ClientCore({ server: SERVER, nick, random, handshakes, epoch: EPOCH });
    const lab = new LiveLab({ seed: this.students.length, isAccepted: true });
    const events: ClientEvent[] = [];
    const application = (): boolean => {
      const event = core.pollEvent();
      if (event === undefined) return false;
      lab.handleEvent(event);
      events.push(event);
      return true;
    };
    const address = { address: `10.0.1.${this.students.length + 1}`, port: 6000 };
    const node = this.world.add({ name: nick, address, machine: lab.around(core), application });
    this.world.act(node, (now) => core.start(now));
    const student = { core, node, lab, events };
    this.students.push(student);
    return student;
  }

  wait(ms: number): void {
    this.world.run(this.world.now + ms);
  }

  announce(impairment: string): void {
    const { core, node } = this.teacher;
    this.world.act(node, (now) => core.do(now, (session) => session.lab(now, LOBBY, impairment)));
  }

  /** Everybody says a line each second. */
  chat(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      for (const { core, node } of this.students) {
        this.world.act(node, (now) => void core.post(now, LOBBY, `line ${i}`));
      }
      this.wait(1000);
    }
  }

  /** The loss that each student sees, out and in. */
  losses(): number[][] {
    return this.students.map(({ core }) => {
      const { lossOut = 0, lossIn = 0 } = core.linkStats(this.world.now) ?? {};
      return [lossOut, lossIn];
    });
  }
}

const lostTheirConnection = ({ events }: Student): boolean =>
  events.some((event) => event.type === 'status' && event.status === 'reconnecting');

t.test('what an operator asks for is seen in the figures of the whole class', async (t) => {
  const room = new Classroom(1, 6);
  room.chat(20);
  for (const [lossOut = 1, lossIn = 1] of room.losses()) {
    t.ok(lossOut < 0.01 && lossIn < 0.01, 'no loss before');
  }
  room.announce('loss 20% delay 30ms');
  room.chat(120);
  for (const [index, [lossOut = 0, lossIn = 0]] of room.losses().entries()) {
    t.ok(lossOut > 0.1 && lossOut < 0.3, `student ${index} out ${lossOut}`);
    t.ok(lossIn > 0.1 && lossIn < 0.3, `student ${index} in ${lossIn}`);
  }
  const [, second] = room.students;
  const srtt = second?.core.linkStats(room.world.now)?.srtt ?? 0;
  t.ok(srtt > 65 && srtt < 110, `two times 5 + 30 ms: ${srtt}`);
  room.announce('');
  room.chat(120);
  for (const [lossOut = 1, lossIn = 1] of room.losses()) {
    t.ok(lossOut < 0.02 && lossIn < 0.02, 'it is over');
  }
  t.notOk(room.students.some(lostTheirConnection));
});

t.test('the end of the worst that may be asked for gets through', async (t) => {
  for (const spec of ['loss 60%', 'loss gemodel 15% 10%', 'delay 4s 250ms', 'rate 16kbit']) {
    const room = new Classroom(2, 4);
    room.announce(spec);
    room.chat(60);
    for (const { lab } of room.students) {
      t.not(formatImpairment(lab.impairment), '', spec);
    }
    room.announce('');
    room.wait(60_000);
    for (const { lab } of room.students) t.strictSame(lab.impairment, {}, spec);
    // Bursts are long when so little is said; whoever is lost to one comes back.
    const isBursty = spec.includes('gemodel');
    if (!isBursty) t.notOk(room.students.some(lostTheirConnection), spec);
  }
});

t.test('a person who minds is left alone, at once, and may change their mind', async (t) => {
  const room = new Classroom(3, 3);
  const [, second] = room.students;
  if (second === undefined) throw new Error('a class of one');
  second.lab.accept(false);
  room.announce('loss 40%');
  room.chat(60);
  const [, mine = [1], other = [0]] = room.losses();
  t.ok((mine[0] ?? 1) < 0.02, 'no loss for who minds');
  t.ok((other[0] ?? 0) > 0.2, 'but for the others');
  second.lab.accept(true);
  t.not(formatImpairment(second.lab.impairment), '');
  second.lab.accept(false);
  t.strictSame(second.lab.impairment, {});
});

t.test('it ends with the connection, and who is back is told anew', async (t) => {
  const room = new Classroom(4, 3);
  room.announce('loss 10%');
  room.wait(2000);
  const [, second] = room.students;
  if (second === undefined) throw new Error('a class of one');
  room.world.partition(second.node, room.world.nodes[0] ?? second.node);
  room.wait(30_000);
  t.ok(lostTheirConnection(second));
  t.strictSame(second.lab.impairment, {}, 'nothing stands in the way of coming back');
  room.world.healAll();
  room.wait(20_000);
  t.equal(formatImpairment(second.lab.impairment), 'loss random 10%');
  const { core, node } = second;
  room.world.act(node, (now) => core.do(now, (session) => session.part(now, LOBBY)));
  room.wait(1000);
  t.strictSame(second.lab.impairment, {}, 'nor who has left the room');
});

t.test('it ends when the operator is gone', async (t) => {
  const room = new Classroom(5, 3);
  room.announce('loss 10%');
  room.wait(2000);
  room.world.kill(room.teacher.node);
  room.wait(40_000);
  const [, ...rest] = room.students;
  for (const { lab } of rest) t.strictSame(lab.impairment, {});
});

t.test('of a server that asks for more than it may, nothing is done', async (t) => {
  const lab = new LiveLab({ seed: 1, isAccepted: true });
  const told = { type: 'lab', room: LOBBY, nick: 'mallory' } as const;
  for (const impairment of ['loss 100%', 'delay 1h', 'delay 3600s', 'rate 1bit', 'x'.repeat(200)]) {
    lab.handleEvent({ ...told, impairment });
    t.strictSame(lab.impairment, {}, impairment);
  }
  lab.handleEvent({ ...told, impairment: 'loss 5%' });
  lab.handleEvent({ ...told, room: '#b', impairment: 'loss 6%' });
  t.match(lab.impairment, { loss: { percent: 6 } }, 'of two rooms the one that asked last');
  lab.handleEvent({ ...told, room: '#b', impairment: '' });
  t.match(lab.impairment, { loss: { percent: 5 } });
  lab.handleEvent({ ...told, impairment: 'loss 99%' });
  t.strictSame(lab.impairment, {}, 'what it replaces is over all the same');
});
