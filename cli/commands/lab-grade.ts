import { readFileSync } from 'node:fs';
import { parse as parseToml, TomlError } from 'smol-toml';
import { grade, readExpectations, readFigures } from '../../lib/entry/lab.ts';
import { sanitiseLine } from '../../lib/entry/words.ts';
import type { Expectations, TraceFigures, Verdict } from '../../lib/index.ts';
import type { Run } from '../command.ts';
import { CliError, ExitCode, usageError } from '../errors.ts';
import { textFlag } from '../flags.ts';
import { printableJson } from '../json.ts';

/** Bytes of a file of expectations: a page of text. */
const EXPECTATIONS_MAX = 65_536;

/** `udpchat lab grade TRACE --expect FILE`: holds a trace against what was expected of it. */
export const labGrade: Run = ({ positionals: [path = ''], flags }) => {
  const file = textFlag(flags, 'expect');
  if (file === undefined) throw usageError('lab grade needs what to expect', '--expect FILE');
  const expectations = loadExpectations(file);
  const figures = loadFigures(path);
  const verdicts = grade(figures, expectations);
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const { isWhole, records } = figures;
  if (flags.json === undefined) {
    const title = sanitiseLine(expectations.title);
    const lines = [...(title === '' ? [] : [title]), ...verdicts.map(formatVerdict)];
    if (!isWhole) lines.push(`cut short: graded up to record ${records}, its last whole one`);
    process.stdout.write(`${lines.join('\n')}\n${met} of ${verdicts.length} met\n`);
  } else {
    process.stdout.write(`${printableJson({ isWhole, records, verdicts })}\n`);
  }
  return Promise.resolve(met === verdicts.length ? ExitCode.ok : ExitCode.other);
};

function formatVerdict({ name, expected, found, isMet }: Verdict): string {
  const head = `${isMet ? 'ok  ' : 'FAIL'}  ${name.padEnd(12)}  ${sanitiseLine(found)}`;
  return found === expected ? head : `${head}   (expected: ${sanitiseLine(expected)})`;
}

function loadFigures(path: string): TraceFigures {
  const figures = readFigures(read(path));
  if (!('problem' in figures)) return figures;
  const hint = 'traces that can be graded are made by: udpchat lab run --trace FILE.jsonl';
  throw usageError(`${path}: ${figures.problem}`, hint);
}

function loadExpectations(path: string): Expectations {
  const bytes = read(path);
  if (bytes.length > EXPECTATIONS_MAX) throw usageError(`${path} is too long to be expectations`);
  const expectations = readExpectations(parse(path, new TextDecoder().decode(bytes)));
  if (!('problem' in expectations)) return expectations;
  throw usageError(`${path}: ${expectations.problem}`, 'examples/labs has such files');
}

/** TOML, or JSON by the ending of the name. */
function parse(path: string, text: string): unknown {
  try {
    return path.toLowerCase().endsWith('.json') ? JSON.parse(text) : parseToml(text);
  } catch (error) {
    if (error instanceof TomlError) {
      const [what = ''] = error.message.split('\n');
      throw usageError(`${path}: line ${error.line}, column ${error.column}: ${what}`);
    }
    throw usageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`cannot read ${path}: ${why}`, { exitCode: ExitCode.usage });
  }
}
