import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { formatCsv, type Provenance, reportData } from '../report-data.ts';
import { formatPage } from '../report-page.ts';
import { type CellResult, cellName, planCells, type SweepPlan } from '../sweep.ts';
import { pageParts } from './page-parts.ts';

const PLAN = 'plan.json';
const CELLS = 'cells.jsonl';

/** Why a folder cannot be used for a sweep, for people. */
export class SweepFolderError extends Error {
  override readonly name = 'SweepFolderError';
}

/** The folder of a sweep: its plan, a line for each finished cell, and the results. */
export class SweepFolder {
  readonly path: string;
  readonly plan: SweepPlan;
  readonly #done = new Map<string, CellResult>();

  private constructor(path: string, plan: SweepPlan) {
    this.path = path;
    this.plan = plan;
  }

  /** Begins a sweep, or goes on with one of the same plan. Throws SweepFolderError. */
  static open(path: string, plan: SweepPlan): SweepFolder {
    mkdirSync(path, { recursive: true });
    const file = join(path, PLAN);
    const text = `${JSON.stringify(plan, undefined, 2)}\n`;
    if (!existsSync(file)) writeWhole(file, text);
    else if (readFileSync(file, 'utf8') !== text) {
      throw new SweepFolderError(`${path} holds a sweep of another plan (see ${file})`);
    }
    const folder = new SweepFolder(path, plan);
    folder.#readCells();
    return folder;
  }

  /** The finished cells, in the order of the plan. */
  get results(): readonly CellResult[] {
    return planCells(this.plan).flatMap((cell) => this.#done.get(cellName(cell)) ?? []);
  }

  has(name: string): boolean {
    return this.#done.has(name);
  }

  /** Keeps a finished cell, at once on disk. Throws the system's error when that fails. */
  keep(result: CellResult): void {
    appendFileSync(join(this.path, CELLS), `${JSON.stringify(result)}\n`);
    this.#done.set(cellName(result), result);
  }

  /** Writes report.html, results.csv and results.json; returns the hash of the results. */
  writeReport(provenance: Omit<Provenance, 'hash'>): string {
    const { results } = this;
    const hash = resultsHash(this.plan, results);
    const data = reportData(this.plan, results, { ...provenance, hash });
    writeWhole(join(this.path, 'results.csv'), formatCsv(results));
    // Packets are in the page; the figures are what programs want.
    const figure = (key: string, value: unknown) => (key === 'detail' ? undefined : value);
    const json = JSON.stringify(data, figure, 2);
    writeWhole(join(this.path, 'results.json'), `${json}\n`);
    writeWhole(join(this.path, 'report.html'), formatPage(data, pageParts()));
    return hash;
  }

  /** Takes every whole line; one cut short, by a kill or a full disk, is done again. */
  #readCells(): void {
    const file = join(this.path, CELLS);
    if (!existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) writeWhole(file, whole);
    for (const line of whole.split('\n')) {
      if (line === '') continue;
      const result = JSON.parse(line) as CellResult;
      this.#done.set(cellName(result), result);
    }
  }
}

/** SHA-256 over the plan and what came of it; the same on every machine, for the same seed. */
export function resultsHash(plan: SweepPlan, results: readonly CellResult[]): string {
  const hash = createHash('sha256').update(JSON.stringify(plan));
  for (const result of results) hash.update(`\n${JSON.stringify(result)}`);
  return hash.digest('hex');
}

/** The whole file or the one that was there before. */
function writeWhole(file: string, text: string): void {
  const temporary = `${file}.part`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
