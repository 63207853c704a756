#!/usr/bin/env node
import module from 'node:module';

// What was compiled once is kept for the next start, where Node can do that (22.1 and later).
const enableCompileCache: unknown = Reflect.get(module, 'enableCompileCache');
if (typeof enableCompileCache === 'function') enableCompileCache();
const { exitCodeOf, formatError } = await import('./errors.ts');
const { run } = await import('./run.ts');

function exit(code: number): void {
  // Nothing is worth waiting for now but what is written and not yet out.
  process.exitCode = code;
  process.stdout.write('', () => process.exit(code));
}

// Nobody reads a pipe any more. A window whose terminal is gone says goodbye first.
process.stdout.on('error', () => process.stdout.isTTY || process.exit());
run(process.argv.slice(2)).then(exit, (error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  exit(exitCodeOf(error));
});
