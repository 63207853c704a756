// Makes `npm start` and `npm test` work on a fresh clone: installs when nothing is installed, builds
// when the build is missing or older than a source file.
import { execSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (command) => execSync(command, { cwd: root, stdio: ['ignore', 2, 2] });

function newest(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs),
      0,
    );
}

const built = join(root, 'dist/cli/main.js');
if (!existsSync(join(root, 'node_modules/.package-lock.json'))) {
  process.stderr.write('udpchat: first run, installing and building (about 30 s)\n');
  run('npm ci --no-audit --no-fund');
}
const sources = ['lib', 'cli', 'examples'];
if (!existsSync(built) || sources.some((folder) => newest(folder) > statSync(built).mtimeMs)) {
  run('npm run build --silent');
}
