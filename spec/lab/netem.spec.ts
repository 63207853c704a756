import t from 'tap';
import type { Impairment } from '../../lib/lab/impairment.ts';
import {
  type NetemFacts,
  netemObstacles,
  obstacleOf,
  takenDevice,
} from '../../lib/lab/netem/obstacle.ts';
import {
  type Command,
  devicePlan,
  foreignQdisc,
  formatPlan,
  namespacePair,
  netemWords,
  pairPlan,
  staleNamespaces,
  weatherPlan,
} from '../../lib/lab/netem/plan.ts';
import { parseImpairment } from '../../lib/lab/netem-parser.ts';
import { NetemError, NetemNetwork } from '../../lib/lab/shell/netem-network.ts';

const LINUX: NetemFacts = {
  platform: 'linux',
  isRoot: true,
  missing: [],
  kernel: '6.1.0-56-amd64',
  isWsl: false,
  config: 'm',
};

function parsed(text: string): Impairment {
  const result = parseImpairment(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.impairment;
}

t.test('an impairment is said to tc in words that mean the same', async (t) => {
  const cases: readonly [string, string][] = [
    ['', ''],
    ['loss 30%', 'loss random 30%'],
    ['loss gemodel 2% 30%', 'loss gemodel 2% 30% 100% 0%'],
    ['loss state 1%', 'loss state 1% 99% 0% 100% 0%'],
    ['reorder 25% 50% gap 5 delay 10ms', 'delay 10ms reorder 25% 50% gap 5'],
    ['delay 100ms 20ms 25% distribution normal', 'delay 100ms 20ms 25% distribution normal'],
    ['rate 256kbit limit 10', 'limit 10 rate 256kbit'],
    ['slot 5ms 20ms packets 10', 'slot 5ms 20ms packets 10'],
  ];
  for (const [text, words] of cases) t.equal(netemWords(parsed(text)).join(' '), words, text);
});

t.test('what tc would misunderstand is said in another way', async (t) => {
  t.equal(netemWords(parsed('rate 1bit')).join(' '), 'rate 8bit', 'below a byte is no limit to tc');
  const uniform = netemWords(parsed('slot distribution uniform 10ms 2ms bytes 3000'));
  t.equal(uniform.join(' '), 'slot 8ms 12ms bytes 3000', 'tc has no table for it');
  for (const [text, words] of [
    ['duplicate 20% 30%', 'delay 0ms 0ms 0% duplicate 20% 30%'],
    ['duplicate 20% 30% delay 5ms', 'delay 5ms 0ms 0% duplicate 20% 30%'],
    [
      'duplicate 20% 30% delay 5ms 1ms distribution normal',
      'delay 5ms 1ms 0% distribution normal duplicate 20% 30%',
    ],
    ['duplicate 20% 30% loss 5% 10%', 'loss random 5% 10% duplicate 20% 30%'],
  ] as const) {
    t.equal(netemWords(parsed(text)).join(' '), words, 'tc forgets the correlation else');
  }
});

t.test("an MTU is the cable's, and not said to netem", async (t) => {
  const { names } = namespacePair(42, 0);
  const [first] = weatherPlan(namespacePair(42, 0), parsed('mtu 1400 loss 5%'));
  t.same(first?.run, ['ip', '-n', names[0], 'link', 'set', 'eth0', 'mtu', '1400']);
  t.same(first?.undo?.slice(-2), ['mtu', '1500']);
  t.same(netemWords(parsed('mtu 1400 loss 5%')), ['loss', 'random', '5%']);
});

t.test('the plan touches nothing outside its namespaces, and undoes what lasts', async (t) => {
  const pair = namespacePair(42, 0);
  const steps = [...pairPlan(pair), ...weatherPlan(pair, parsed('loss 5%'))];
  for (const { run } of steps) {
    const [program, ...words] = run;
    t.ok(['ip', 'tc'].includes(program));
    t.ok(
      words.some((word) => pair.names.includes(word)),
      run.join(' '),
    );
  }
  t.match(formatPlan(steps).slice(-2), [
    'tc -n udpchat-42-0a qdisc add dev eth0 root netem loss random 5%',
    'tc -n udpchat-42-0b qdisc add dev eth0 root netem loss random 5%',
  ]);
  const undone = steps.flatMap(({ undo }) => (undo === undefined ? [] : [undo.join(' ')]));
  t.same(undone, [
    'ip netns delete udpchat-42-0a',
    'ip netns delete udpchat-42-0b',
    'tc -n udpchat-42-0a qdisc delete dev eth0 root',
    'tc -n udpchat-42-0b qdisc delete dev eth0 root',
  ]);
});

t.test("a real interface gets netem only where nobody's qdisc is", async (t) => {
  t.same(formatPlan(devicePlan('wlan0', parsed('delay 50ms'))), [
    'tc qdisc add dev wlan0 root netem delay 50ms',
  ]);
  t.equal(foreignQdisc('qdisc noqueue 0: root refcnt 2 \n'), undefined);
  const many = 'qdisc mq 0: root \nqdisc fq_codel 0: parent :2 limit 10240p\n';
  t.equal(foreignQdisc(many), undefined, 'as the kernel gives to a card of many queues');
  t.equal(foreignQdisc('qdisc pfifo 1: root refcnt 2 limit 1000p\n'), 'pfifo 1:');
  t.equal(foreignQdisc('qdisc netem 8001: root refcnt 2 limit 1000 delay 5ms\n'), 'netem 8001:');
  t.match(takenDevice('lo', 'pfifo 1:'), { message: /lo has a qdisc.*pfifo 1:/, hint: /delete/ });
});

t.test('only namespaces of dead processes are stale, and only ours', async (t) => {
  const listed = 'udpchat-7-0a (id: 1)\nudpchat-7-0b\nudpchat-8-1a\nvpn\nudpchat-x-0a\n';
  t.same(
    staleNamespaces(listed, (pid) => pid === 8),
    ['udpchat-7-0a', 'udpchat-7-0b'],
  );
  t.same(
    staleNamespaces('', () => false),
    [],
  );
});

t.test('what is missing is said for each machine, with what to do about it', async (t) => {
  const of = (facts: Partial<NetemFacts>) =>
    netemObstacles({ ...LINUX, ...facts }).map(({ message, hint }) => `${message} (${hint})`);
  t.same(of({}), []);
  t.match(of({ platform: 'darwin' }), [/a part of Linux, and this is darwin \(.*--ground socket/]);
  t.match(of({ isRoot: false }), [/for root only \(sudo/]);
  t.match(of({ missing: ['tc'] }), [/there is no "tc" on the PATH \(apt install iproute2/]);
  t.match(of({ config: 'n' }), [/6\.1\.0-56-amd64, was built without sch_netem.*another kernel/]);
  t.match(of({ config: 'n', isWsl: true }), [/without sch_netem.*wsl --update/]);
  t.equal(of({ missing: ['ip', 'tc'], isRoot: false, config: 'n' }).length, 3, 'all at once');
});

t.test('a command that fails is explained by what it said', async (t) => {
  const command: Command = ['tc', '-n', 'x', 'qdisc', 'add', 'dev', 'eth0', 'root', 'netem'];
  const of = (said: string, facts: Partial<NetemFacts> = {}) => {
    const { message, hint } = obstacleOf({ command, said }, { ...LINUX, ...facts });
    return `${message} (${hint})`;
  };
  const unknown = 'Error: Specified qdisc kind is unknown.\n';
  t.match(of(unknown), /did not load its module sch_netem \(modprobe sch_netem/);
  t.match(of(unknown, { config: undefined }), /has no sch_netem \(apt install linux-modules-extra/);
  t.match(of(unknown, { config: undefined, isWsl: true }), /wsl --update/);
  t.match(of('RTNETLINK answers: Operation not permitted'), /may not do this.*--privileged/);
  t.match(of('Cannot find device "eth9"'), /ip link shows/);
  t.match(of('something else'), /tc -n x qdisc add dev eth0 root netem: something else/);
});

t.test('where netem cannot run, opening says so and leaves nothing', async (t) => {
  try {
    NetemNetwork.open().close();
    t.pass('it runs here');
  } catch (error) {
    if (!(error instanceof NetemError)) throw error;
    t.ok(error.obstacles.length > 0, error.message);
  }
});
