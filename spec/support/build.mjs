// A build starts from nothing, so that a file that was removed cannot live on in the package, and
// leaves its stamp last, so that an interrupted one is never taken for a good one.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
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
writeFileSync(stamp, `${new Date().toISOString()}\n`);
