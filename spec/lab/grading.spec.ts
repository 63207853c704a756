import fc from 'fast-check';
import t from 'tap';
import { Experiment } from '../../lib/lab/experiment.ts';
import { readExpectations } from '../../lib/lab/grading/expectations.ts';
import { readFigures, type TraceFigures } from '../../lib/lab/grading/figures.ts';
import { grade } from '../../lib/lab/grading/grade.ts';
import { ascending, quantile } from '../../lib/lab/statistics.ts';
import { JsonLines } from '../../lib/lab/tracing/jsonl.ts';
import { RUN_HEAD } from '../../lib/lab/tracing/replay.ts';
import { experimentOptions, type RunScenario } from '../../lib/lab/tracing/scenario.ts';

const { FC_SEED = 20260101 } = process.env;
fc.configureGlobal({ seed: Number(FC_SEED) });

const SCENARIO: RunScenario = {
  seed: 7,
  arq: 'selective-repeat',
  window: 16,
  impairment: 'delay 20ms loss random 20%',
  workload: { messages: 60, bytes: 100, intervalMs: 20 },
  limitMs: 60_000,
  dropList: '3',
};

/** A trace of the scenario, and what the run itself says. */
function traced() {
  const options = experimentOptions(SCENARIO);
  if (options === undefined) throw new Error('no scenario');
  const form = new JsonLines();
  const parts = [form.begin({ program: 'udpchat 0', ...RUN_HEAD, scenario: { ...SCENARIO } })];
  const experiment = new Experiment({
    ...options,
    trace: (event) => parts.push(form.record(event)),
  });
  experiment.run();
  parts.push(form.end());
  return { trace: Buffer.concat(parts), result: experiment.result() };
}

const { trace, result } = traced();

function figuresOf(bytes: Uint8Array): TraceFigures {
  const figures = readFigures(bytes);
  if ('problem' in figures) throw new Error(figures.problem);
  return figures;
}

function verdicts(file: unknown, bytes: Uint8Array = trace) {
  const expectations = readExpectations(file);
  if ('problem' in expectations) throw new Error(expectations.problem);
  return grade(figuresOf(bytes), expectations);
}

t.test('the figures of a trace are those of the run', async (t) => {
  const figures = figuresOf(trace);
  t.ok(figures.isWhole);
  t.equal(figures.delivered.length, result.delivered);
  t.equal(figures.goodput, result.goodput);
  t.same(figures.latencies, result.latencies);
  t.equal(figures.sent, result.stats.packetsSent);
  t.ok(figures.lost > 5 && figures.again > 5);
});

t.test('each expectation is met or not, and says what was found', async (t) => {
  const p99 = quantile(ascending(result.latencies), 0.99);
  const met = {
    title: 'a run',
    arq: 'selective-repeat',
    seed: 7,
    window: 16,
    impairment: 'loss 20% delay 20ms',
    'drop-list': '3',
    messages: 60,
    bytes: 100,
    interval: 20,
    goodput: { least: result.goodput / 1e6, most: result.goodput / 1e6 },
    p99: { least: p99 - 0.001, most: p99 + 0.001 },
    again: { least: 1 },
    delivered: { least: 60, most: 60 },
    'in-order': true,
    'nothing-lost': true,
  };
  for (const { name, isMet, found } of verdicts(met)) t.ok(isMet, `${name}: ${found}`);
  t.equal(verdicts(met).length, Object.keys(met).length - 1);
  const unmet = {
    arq: 'modern',
    seed: 8,
    impairment: 'loss 21% delay 20ms',
    goodput: { most: 0.001 },
    p99: { most: 20 },
    again: { least: 1000 },
  };
  for (const { name, isMet } of verdicts(unmet)) t.notOk(isMet, name);
  t.match(verdicts({ p99: { most: 20 } }), [
    { expected: 'at most 20 ms', found: /^\d+(\.\d+)? ms$/ },
  ]);
});

t.test('a trace cut anywhere is graded up to its last whole record', async (t) => {
  const whole = figuresOf(trace).delivered.length;
  const head = trace.indexOf(0x0a) + 1;
  fc.assert(
    fc.property(fc.integer({ min: head, max: trace.length - 1 }), (length) => {
      const figures = figuresOf(trace.subarray(0, length));
      const lines = trace.subarray(0, length).toString().split('\n').length - 1;
      if (figures.isWhole || figures.records !== lines) throw new Error('records');
      if (figures.delivered.length > whole) throw new Error('more than there was');
    }),
  );
  const half = trace.subarray(0, trace.length / 2);
  t.match(verdicts({ 'in-order': true, 'nothing-lost': true }, half), [
    { isMet: true },
    { isMet: false, found: /^\d+ of 60$/ },
  ]);
  t.match(readFigures(trace.subarray(0, head - 1)), { problem: /cut before its head ended/ });
  t.match(readFigures(new Uint8Array(0)), { problem: /empty/ });
});

t.test('what is no trace, or was tampered with, is an error that says where', async (t) => {
  const lines = trace.toString().split('\n');
  const replaced = (index: number, line: string): Uint8Array =>
    Buffer.from(lines.with(index, line).join('\n'));
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [Buffer.from('hello\n'), /line 1: this is no trace/],
    [Buffer.from('{"type":"trace","format":2}\n'), /line 1: a trace of another version/],
    [Buffer.from('{"type":"trace","format":1}\n'), /line 1: it does not say which experiment/],
    [replaced(4, '{'), /line 5: this is no record/],
    [replaced(4, '[]'), /line 5: this is no record/],
    [replaced(4, '{"at":1}'), /line 5: a record without a type/],
    [replaced(4, '{"type":"packet","event":"eaten"}'), /line 5: a packet is/],
    [
      replaced(4, '{"type":"delivered","at":-1,"message":0,"latency":0}'),
      /line 5: a delivery needs/,
    ],
    [replaced(4, '{"type":"delivered","at":1e999,"message":0,"latency":0}'), /line 5: a delivery/],
    [replaced(4, '{"type":"end"}'), /line 6: there is something behind the end/],
    [replaced(4, `{"type":"${'x'.repeat(70_000)}"}`), /line 5: this is no record/],
    [Buffer.concat([trace, Buffer.from('{"type":"end"}\n')]), /behind the end/],
    [Buffer.from([0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0]), /line 1: this is no trace/],
  ];
  for (const [bytes, problem] of cases) t.match(readFigures(bytes), { problem });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      if (!('problem' in readFigures(bytes))) throw new Error('that was no trace');
    }),
  );
  const twice = lines.filter((line) => line.includes('"delivered"')).slice(0, 2);
  const repeated = [lines[0], twice[0], twice[0], twice[1], '{"type":"end"}', ''].join('\n');
  t.match(verdicts({ 'in-order': true }, Buffer.from(repeated)), [
    { isMet: false, found: 'message 0 came as number 1' },
  ]);
});

t.test('a slip in a file of expectations is an error, never a met expectation', async (t) => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ['text', /no table/],
    [[], /no table/],
    [{}, /expects nothing/],
    [{ title: 'only' }, /expects nothing/],
    [{ p98: { most: 1 } }, /nothing is called "p98"; there are: arq, seed/],
    [{ p99: 100 }, /p99 takes bounds, as in \{ least = 1, most = 2 \}; not 100/],
    [{ p99: { most: '5' } }, /p99 takes bounds/],
    [{ p99: { atmost: 5 } }, /p99 takes bounds/],
    [{ p99: {} }, /p99 takes bounds/],
    [{ p99: { least: 2, most: 1 } }, /p99 takes bounds/],
    [{ arq: 'carrier-pigeon' }, /arq = "carrier-pigeon" makes no sense/],
    [{ impairment: 'lose 5%' }, /impairment = "lose 5%" makes no sense/],
    [{ seed: 'seven' }, /seed = "seven" makes no sense/],
    [{ 'in-order': 'yes' }, /in-order takes true; not "yes"/],
    [Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, 1])), /more than 100/],
  ];
  for (const [file, problem] of cases) t.match(readExpectations(file), { problem });
});
