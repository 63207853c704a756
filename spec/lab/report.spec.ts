import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import t, { type Test } from 'tap';
import { type ReportData, reportData } from '../../lib/lab/report-data.ts';
import { formatPage } from '../../lib/lab/report-page.ts';
import { pageParts } from '../../lib/lab/shell/page-parts.ts';
import {
  type CellResult,
  planCells,
  runCell,
  SWEEP_DEFAULTS,
  type SweepPlan,
} from '../../lib/lab/sweep.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = BROWSERS.find((path) => existsSync(path));
const skip = executablePath === undefined ? 'no Chromium on this machine' : false;

const PLAN: SweepPlan = {
  ...SWEEP_DEFAULTS,
  seed: 7,
  losses: [0, 20],
  delays: [10],
  arqs: ['modern', 'go-back-n'],
  reps: 2,
  impairment: { rate: 10_000_000 },
  bulk: { messages: 100, bytes: 1_000, intervalMs: 0 },
  chat: { messages: 20, bytes: 100, intervalMs: 50 },
};

function page(plan: SweepPlan, cells: readonly CellResult[]): string {
  const provenance = {
    version: '0',
    command: '</script><b>',
    machine: 'any',
    hash: 'ab'.repeat(32),
  };
  const data: ReportData = reportData(plan, cells, provenance);
  return formatPage(data, pageParts());
}

/** Opens a page as a person would, and returns what the browser says about it. */
async function open(t: Test, html: string) {
  const folder = mkdtempSync(join(tmpdir(), 'udpchat-report-'));
  const file = join(folder, 'report.html');
  writeFileSync(file, html);
  const browser = await chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  t.teardown(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const tab = await browser.newPage({ viewport: { width: 1180, height: 900 } });
  const complaints: string[] = [];
  const requests: string[] = [];
  tab.on('console', (message) => complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(error.message));
  tab.on('request', (request) => requests.push(request.url()));
  await tab.goto(pathToFileURL(file).href);
  return { tab, complaints, requests };
}

t.test(
  'the page draws every plot, asks for nothing, and complains of nothing',
  { skip },
  async (t) => {
    const cells = planCells(PLAN).map((cell) => runCell(PLAN, cell));
    const { tab, complaints, requests } = await open(t, page(PLAN, cells));
    t.same(complaints, []);
    t.equal(requests.length, 1, 'the page itself');
    const titles = await tab.locator('h3').allTextContents();
    for (const title of ['10 ms one way', 'p99.9, 10 ms one way', '20 % loss, 10 ms one way']) {
      t.ok(titles.includes(title), title);
    }
    for (const panel of await tab.locator('figure.panel').all()) {
      t.ok((await panel.locator('svg').count()) > 0, `${await panel.locator('h3').textContent()}`);
    }
    t.equal(await tab.locator('tbody tr').count(), 4 + 5, 'a row for each group, and provenance');
    await tab.locator('.messages button').nth(2).click();
    t.equal(await tab.locator('svg.ladder').getAttribute('aria-label'), 'ladder of line 3');
    await tab.emulateMedia({ colorScheme: 'dark' });
    const back = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
    t.equal(back, 'rgb(21, 24, 28)');
    await tab.emulateMedia({ colorScheme: 'dark', media: 'print' });
    const paper = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
    t.equal(paper, 'rgb(255, 255, 255)', 'paper is white');
    t.same(complaints, []);
  },
);

t.test('kernel TCP is one more series, and is held against Mathis', { skip }, async (t) => {
  const plan: SweepPlan = { ...PLAN, reps: 1, ground: 'netem', baseline: 'tcp' };
  const cells = planCells(plan).map((cell): CellResult => {
    const like = runCell(PLAN, { ...cell, arq: cell.arq === 'tcp' ? 'modern' : cell.arq });
    return { ...like, ...cell, goodput: like.goodput / 2, hash: '' };
  });
  const { tab, complaints } = await open(t, page(plan, cells));
  t.same(complaints, []);
  const text = (await tab.locator('#page').textContent()) ?? '';
  t.match(text, /2 losses × 1 delay × 2 ARQs and kernel TCP.*through tc netem of Linux/);
  t.match(text, /Farthest from Mathis’ formula.*tcp at 20 % and 10 ms/);
  t.notMatch(text, /lab verify/, 'real time never comes again');
  t.ok(await tab.getByText('kernel TCP', { exact: true }).count(), 'in the legend');
  t.equal(
    await tab.locator('circle[fill="#a371f7"]').count(),
    2 * 4,
    'a dot for each loss and plot',
  );
  t.equal(await tab.locator('tbody tr', { hasText: 'tcp' }).count(), 2 + 1, 'groups, and the plan');
});

t.test('the page holds 1,600 experiments', { skip }, async (t) => {
  const plan = {
    ...PLAN,
    losses: Array.from({ length: 20 }, (_, i) => i * 2),
    delays: [10, 50],
    reps: 20,
  };
  const made = new Map<string, CellResult>();
  const cells = planCells(plan).map((cell) => {
    const key = `${cell.loss > 0} ${cell.arq} ${cell.rep === 0}`;
    const known =
      made.get(key) ?? runCell(PLAN, { ...cell, delay: 10, loss: cell.loss > 0 ? 20 : 0 });
    made.set(key, known);
    return { ...known, ...cell };
  });
  t.equal(cells.length, 1600);
  const { tab, complaints } = await open(t, page(plan, cells));
  t.same(complaints, []);
  t.ok((await tab.locator('svg').count()) > 40);
});
