// A build starts from nothing, so that a file that was removed cannot live on in the package, and
// leaves its stamp last, so that an interrupted one is never taken for a good one.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dist, root, stamp } from './paths.mjs';

rmSync(stamp, { force: true });
rmSync(dist, { recursive: true, force: true });
const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
try {
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
} catch {
  process.stderr.write('udpchat: the build failed; the messages above say where\n');
  process.exit(1);
}
// The lab's page: its own script and style, and the plotting libraries that go into each report,
// with their licences, so that the package itself depends on none of them.
const page = `${dist}/lib/lab/page`;
cpSync(`${root}/lib/lab/page`, page, { recursive: true });
for (const [name, bundle] of [
  ['d3', 'd3.min.js'],
  ['@observablehq/plot', 'plot.umd.min.js'],
]) {
  const from = `${root}/node_modules/${name}`;
  cpSync(`${from}/dist/${bundle}`, `${page}/vendor/${bundle}`);
  const licence = readdirSync(from).find((file) => /^licen[cs]e/i.test(file));
  cpSync(`${from}/${licence}`, `${page}/vendor/${bundle}.LICENSE`);
}
writeFileSync(stamp, `${new Date().toISOString()}\n`);
