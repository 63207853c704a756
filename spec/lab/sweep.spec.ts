import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { reportData } from '../../lib/lab/report-data.ts';
import { readPage } from '../../lib/lab/report-page.ts';
import { checkPage } from '../../lib/lab/shell/page-check.ts';
import { resultsHash, SweepFolder } from '../../lib/lab/shell/sweep-folder.ts';
import { runSweep } from '../../lib/lab/shell/sweep-runner.ts';
import { planCells, runCell, SWEEP_DEFAULTS, type SweepPlan } from '../../lib/lab/sweep.ts';
import { traceForm } from '../../lib/lab/tracing/forms.ts';
import { replay } from '../../lib/lab/tracing/replay.ts';

const PLAN: SweepPlan = {
  ...SWEEP_DEFAULTS,
  seed: 7,
  losses: [0, 10],
  delays: [10],
  arqs: ['modern', 'stop-and-wait', 'go-back-n', 'selective-repeat'],
  reps: 2,
  impairment: { rate: 10_000_000 },
  bulk: { messages: 150, bytes: 1_000, intervalMs: 0 },
  chat: { messages: 20, bytes: 100, intervalMs: 50 },
};
/** What tap adds to its own threads does not go into others. */
const thread = {
  env: { ...process.env, NODE_OPTIONS: '' },
  execArgv: ['--import', '@tapjs/typescript/import'],
};
const PROVENANCE = { version: '0', command: 'a spec', machine: 'any' };

function temporary(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'udpchat-sweep-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

t.test('worker threads find what one thread finds, to the byte', async (t) => {
  const folder = SweepFolder.open(temporary(t), PLAN);
  t.ok(await runSweep({ folder, workers: 2, thread }));
  const alone = planCells(PLAN).map((cell) => runCell(PLAN, cell));
  t.equal(resultsHash(PLAN, folder.results), resultsHash(PLAN, alone));
  const other = { ...PLAN, seed: 8 };
  const [first] = planCells(PLAN);
  if (first === undefined) return;
  t.notSame(runCell(other, first).hash, runCell(PLAN, first).hash);
});

t.test('a sweep goes on where it was stopped, and a line cut short is done again', async (t) => {
  const path = temporary(t);
  const abort = new AbortController();
  const begun = SweepFolder.open(path, PLAN);
  const onProgress = ({ done }: { done: number }): void => {
    if (done >= 3) abort.abort();
  };
  t.notOk(await runSweep({ folder: begun, workers: 1, thread, onProgress, signal: abort.signal }));
  appendFileSync(join(path, 'cells.jsonl'), '{"loss":0,"del');
  const again = SweepFolder.open(path, PLAN);
  t.equal(again.results.length, 3);
  t.ok(await runSweep({ folder: again, workers: 1, thread }));
  const hash = again.writeReport(PROVENANCE);
  const page = readPage(readFileSync(join(path, 'report.html'), 'utf8'));
  t.equal(page?.provenance.hash, hash);
  t.equal(readFileSync(join(path, 'results.csv'), 'utf8').trim().split('\r\n').length, 17);
  t.throws(() => SweepFolder.open(path, { ...PLAN, seed: 8 }), /another plan/);
});

t.test('a cell that cannot be kept stops the sweep and loses none before it', async (t) => {
  const path = temporary(t);
  const folder = SweepFolder.open(path, PLAN);
  let kept = 0;
  const keep = folder.keep.bind(folder);
  folder.keep = (result): void => {
    if (kept++ === 2) throw new Error('ENOSPC: no space left on device');
    keep(result);
  };
  await t.rejects(runSweep({ folder, workers: 1, thread }), /ENOSPC/);
  t.equal(SweepFolder.open(path, PLAN).results.length, 2);
});

t.test('the first of each cell is traced in two files, and nothing changes by it', async (t) => {
  const path = temporary(t);
  const plan = { ...PLAN, losses: [10], arqs: ['go-back-n'] as const };
  const traces = { path: join(path, 'T.x.QVIS.qlog'), program: 'udpchat 0' };
  const folder = SweepFolder.open(join(path, 'out'), plan);
  t.ok(await runSweep({ folder, workers: 1, thread, traces }));
  const alone = planCells(plan).map((cell) => runCell(plan, cell));
  t.equal(resultsHash(plan, folder.results), resultsHash(plan, alone));
  const names = readdirSync(path).filter((name) => name !== 'out');
  const name = 'T.x-loss10-delay10-go-back-n';
  t.same(names, [`${name}-bulk.QVIS.qlog`, `${name}-chat.QVIS.qlog`]);
  for (const name of names) {
    const form = traceForm(name);
    if (form === undefined) throw new Error(name);
    t.match(replay(readFileSync(join(path, name)), form), { outcome: 'identical' }, name);
  }
});

t.test('a trace that cannot be written stops the sweep', async (t) => {
  const folder = SweepFolder.open(temporary(t), PLAN);
  const traces = { path: join(folder.path, 'none', 't.jsonl'), program: 'udpchat 0' };
  await t.rejects(runSweep({ folder, workers: 1, thread, traces }), /ENOENT/);
});

t.test('a page is what its sweep gives again, or it is said what was changed', async (t) => {
  const path = temporary(t);
  const plan = { ...PLAN, losses: [10], arqs: ['modern'] as const };
  const folder = SweepFolder.open(path, plan);
  t.ok(await runSweep({ folder, workers: 1, thread }));
  folder.writeReport(PROVENANCE);
  const html = readFileSync(join(path, 'report.html'), 'utf8');
  const check = (page: string): string | undefined => {
    const data = readPage(page);
    return data && checkPage(page, data, folder.results);
  };
  t.equal(check(html), undefined);
  const cases: readonly (readonly [string | RegExp, string, RegExp])[] = [
    [/"goodput":\{"mean":/, '"goodput":{"mean":9', /other figures .*: modern at 10 % and 10 ms/],
    [/"seed":7/, '"seed":8', /the results differ: sha256/],
    [/"cdfShares":\[0/, '"cdfShares":[1', /shows what its sweep does not have/],
    ['</main>', '<p>Passed!</p></main>', /figures are right, but the page around them/],
  ];
  for (const [from, to, problem] of cases) {
    const changed = html.replace(from, to);
    t.not(changed, html, to);
    t.match(check(changed), problem, to);
  }
});

t.test('a page cut short is no report', async (t) => {
  t.equal(readPage('<!doctype html>'), undefined);
  t.equal(readPage('<script type="application/json" id="data">{"plan":'), undefined);
});

t.test('measured goodput is within 10 % of the formulas', async (t) => {
  const plan = {
    ...PLAN,
    losses: [0, 10, 30],
    delays: [50],
    arqs: ['stop-and-wait', 'go-back-n', 'selective-repeat'] as const,
    reps: 5,
    bulk: { messages: 800, bytes: 1_000, intervalMs: 0 },
    chat: { messages: 1, bytes: 100, intervalMs: 50 },
  };
  const cells = planCells(plan).map((cell) => runCell(plan, cell));
  for (const group of reportData(plan, cells, { ...PROVENANCE, hash: '' }).groups) {
    const { arq, loss, deviation = 1 } = group;
    t.ok(Math.abs(deviation) < 0.1, `${arq} at ${loss} %: ${(deviation * 100).toFixed(1)} %`);
  }
});
