import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPage, readPage, runSweep, SweepFolder } from '../../lib/entry/lab.ts';
import { sanitiseText } from '../../lib/entry/words.ts';
import type { ReportData } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { CliError, ExitCode } from '../errors.ts';
import { onInterrupt } from '../interrupt.ts';
import { printableJson } from '../json.ts';
import { showProgress } from '../sweep-progress.ts';

/** `udpchat lab verify report.html`: runs a report's sweep again and compares. */
export const labVerify: Run = async ({ positionals: [file = ''] }) => {
  const { html, data } = readReport(file);
  const { plan, provenance } = data;
  if (plan.ground !== undefined) {
    throw new CliError('it was made in real time, which never comes again to the byte', {
      exitCode: ExitCode.other,
      hint: `run its command again and compare: udpchat lab compare ${file} OTHER`,
    });
  }
  const path = mkdtempSync(join(tmpdir(), 'udpchat-lab-'));
  const abort = new AbortController();
  let interrupted: number | undefined;
  onInterrupt((exitCode) => {
    interrupted = exitCode;
    abort.abort();
  });
  try {
    const folder = SweepFolder.open(path, plan);
    const isWhole = await runSweep({ folder, onProgress: showProgress, signal: abort.signal });
    if (!isWhole) return interrupted ?? ExitCode.other;
    const problem = checkPage(html, data, folder.results);
    if (problem !== undefined) {
      throw new CliError(`${file}: ${problem}`, { exitCode: ExitCode.other });
    }
    process.stdout.write(`the same to the byte: sha256 ${provenance.hash}\n`);
    return ExitCode.ok;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
};

/** `udpchat lab compare A B`: the figures of two reports side by side. */
export const labCompare: Run = ({ positionals: [a = '', b = ''], flags }) => {
  const [before, after] = [readReport(a).data, readReport(b).data];
  const keyOf = ({ loss, delay, arq }: ReportData['groups'][number]): string =>
    `${loss} ${delay} ${arq}`;
  const others = new Map(after.groups.map((group) => [keyOf(group), group]));
  const rows = before.groups.flatMap((group) => {
    const other = others.get(keyOf(group));
    if (other === undefined) return [];
    const { loss, delay, arq } = group;
    const goodput = [group.goodput, other.goodput] as const;
    const gap = Math.abs(goodput[0].mean - goodput[1].mean);
    // Apart when their 95 % intervals do not touch.
    const isApart = gap > goodput[0].halfWidth + goodput[1].halfWidth;
    return [
      {
        loss,
        delay,
        arq,
        goodput: goodput.map(({ mean }) => mean),
        p99: [group.p99, other.p99],
        isApart,
      },
    ];
  });
  if (rows.length === 0) {
    throw new CliError('the two reports have no experiment in common', {
      exitCode: ExitCode.other,
    });
  }
  // What a report says is whoever's who wrote it.
  const text = flags.json === true ? rows.map(printableJson) : table(rows).map(harmless);
  process.stdout.write(`${text.join('\n')}\n`);
  return Promise.resolve(ExitCode.ok);
};

function harmless(line: string): string {
  return sanitiseText(line);
}

interface Row {
  readonly loss: number;
  readonly delay: number;
  readonly arq: string;
  readonly goodput: readonly number[];
  readonly p99: readonly number[];
  readonly isApart: boolean;
}

function table(rows: readonly Row[]): string[] {
  const cells = rows.map(({ loss, delay, arq, goodput, p99, isApart }) => [
    `${loss} %`,
    `${delay} ms`,
    arq,
    ...goodput.map((bits) => (bits / 1e6).toFixed(3)),
    ...p99.map((ms) => ms.toFixed(1)),
    isApart ? 'differs' : '',
  ]);
  const head = ['loss', 'delay', 'arq', 'Mbit/s A', 'B', 'p99 ms A', 'B', ''];
  const widths = head.map((word, i) =>
    Math.max(word.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  return [head, ...cells].map((row) =>
    row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '),
  );
}

function readReport(file: string): { html: string; data: ReportData } {
  let html: string;
  try {
    html = readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`cannot read ${file}: ${why}`, { exitCode: ExitCode.other });
  }
  const data = readPage(html);
  if (data !== undefined) return { html, data };
  const hint = 'it is the report.html that lab sweep wrote';
  throw new CliError(`${file} is no report of the lab, or is cut short`, {
    exitCode: ExitCode.other,
    hint,
  });
}
