#!/usr/bin/env node
import { exitCodeOf, formatError } from './errors.ts';
import { run } from './run.ts';

function exit(code: number): void {
  // Nothing is worth waiting for now but what is written and not yet out.
  process.exitCode = code;
  process.stdout.write('', () => process.exit(code));
}

process.stdout.on('error', () => process.exit());
run(process.argv.slice(2)).then(exit, (error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  exit(exitCodeOf(error));
});
