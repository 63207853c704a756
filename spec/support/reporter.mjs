// What tap prints here: a line a file, every failure with its diagnostics, and at the very end
// `N passed, N failed`, counting tests (not assertions). The exit code is tap's own.
import { PassThrough } from 'node:stream';
import { Parser } from 'tap-parser';

export default class Reporter extends PassThrough {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  #output = new PassThrough();
  /** Names of the files and tests whose failure has been told already. */
  #told = new Set();

  constructor() {
    super();
    const parser = new Parser();
    this.#showLogs(parser);
    parser.on('child', (file) => this.#watchFile(file));
    parser.on('assert', (result) => this.#fileEnded(result));
    parser.on('complete', () => {
      const skipped = this.#skipped > 0 ? `${this.#skipped} skipped\n` : '';
      this.#output.end(`${skipped}${this.#passed} passed, ${this.#failed} failed\n`);
    });
    super.pipe(parser);
  }

  pipe(destination) {
    return this.#output.pipe(destination, { end: false });
  }

  #watchFile(file) {
    this.#showLogs(file);
    file.on('child', (test) => this.#watchTest(test, [file.name, test.name]));
    file.on('assert', (result) => {
      if (result.skip || result.todo) this.#skipped++;
      else if (result.ok) this.#passed++;
      else {
        this.#failed++;
        this.#tell([file.name, result.name], result.diag);
      }
    });
  }

  #watchTest(parser, path) {
    this.#showLogs(parser);
    parser.on('child', (child) => this.#watchTest(child, [...path, child.name]));
    parser.on('assert', (result) => {
      const failed = !result.ok && !result.skip && !result.todo;
      if (failed) this.#tell([...path, result.name], result.diag);
    });
  }

  /** A file may fail though none of its tests did: it crashed, hung or tested nothing. */
  #fileEnded(result) {
    if (!result.ok && !this.#told.has(result.name)) {
      this.#failed++;
      this.#tell([result.name], result.diag);
    }
    const seconds = ((result.time ?? 0) / 1000).toFixed(1);
    this.#output.write(`${result.ok ? 'ok  ' : 'FAIL'} ${result.name} (${seconds} s)\n`);
  }

  /** Once, at the innermost place: the tests around a failed assertion fail because of it. */
  #tell(path, diagnostics) {
    const title = path.join(' > ');
    if (this.#told.has(title)) return;
    for (let depth = path.length; depth > 0; depth--) {
      this.#told.add(path.slice(0, depth).join(' > '));
    }
    this.#output.write(`\nFAIL ${title}\n`);
    describe(this.#output, diagnostics ?? {});
  }

  #showLogs(parser) {
    parser.on('extra', (line) => this.#output.write(`${line.trimEnd()}\n`));
  }
}

function describe(output, { source, stack, at, compare: _compare, ...rest }) {
  const indent = (text) => text.trimEnd().replaceAll('\n', '\n    ');
  for (const [key, value] of Object.entries(rest)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
    output.write(`  ${key}: ${indent(text)}\n`);
  }
  if (at) output.write(`  at: ${at.fileName}:${at.lineNumber}\n`);
  if (source) output.write(`    ${indent(source)}\n`);
  if (stack) output.write(`  stack:\n    ${indent(stack)}\n`);
}
