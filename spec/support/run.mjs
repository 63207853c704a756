// Runs a TypeScript file of this repository on any supported Node: `node spec/support/run.mjs FILE ...`.
import { spawn } from 'node:child_process';

const child = spawn(
  process.execPath,
  ['--enable-source-maps', '--import', '@tapjs/typescript/import', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, TS_NODE_TRANSPILE_ONLY: '1' } },
);
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
