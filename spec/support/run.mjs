// Runs a TypeScript file of this repository on any supported Node: `node spec/support/run.mjs FILE ...`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const child = spawn(
  process.execPath,
  ['--enable-source-maps', '--import', '@tapjs/typescript/import', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, TS_NODE_TRANSPILE_ONLY: '1' } },
);
// A signal from the terminal reaches the child too; wait for it, so that it may clean up.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exit(code ?? (signal === null ? 1 : 128 + constants.signals[signal]));
});
