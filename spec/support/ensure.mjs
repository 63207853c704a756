// Makes `npm start` and `npm test` work on a fresh clone: installs when nothing, or something else
// than the lockfile says, is installed; builds when there is no build newer than the sources.
import { execSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dist, installed, lockfile, root, stamp } from './paths.mjs';

const SOURCES = ['lib', 'cli', 'examples'];
const CONFIG = ['package.json', 'tsconfig.json', 'tsconfig.build.json'];

if (!isInstalled()) {
  process.stderr.write('udpchat: installing and building, once (about 30 s)\n');
  run('npm ci --no-audit --no-fund --loglevel=error');
}
if (!isBuilt()) run('npm run build --silent');

function isInstalled() {
  if (!existsSync(installed)) return false;
  const packages = (file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages);
  const versions = new Map(packages(installed).map(([path, entry]) => [path, entry.version]));
  return packages(lockfile).every(
    ([path, entry]) => path === '' || entry.optional || versions.get(path) === entry.version,
  );
}

function isBuilt() {
  if (!existsSync(stamp) || !existsSync(dist)) return false;
  const changed = (path) => statSync(path).mtimeMs > statSync(stamp).mtimeMs;
  const sources = SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    ),
  );
  return ![...sources, ...CONFIG.map((file) => join(root, file))].some(changed);
}

function run(command) {
  try {
    execSync(command, { cwd: root, stdio: ['ignore', 2, 2] });
  } catch {
    process.stderr.write(`udpchat: "${command}" failed; the messages above say why\n`);
    process.exit(1);
  }
}
