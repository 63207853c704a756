// Packs udpchat, installs the package as a user would (globally, and in a project), and runs it.
// Ends with `N passed, N failed`.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './paths.mjs';

const STEP_TIMEOUT_MS = 60_000;
const execute = promisify(execFile);
const temporary = mkdtempSync(join(tmpdir(), 'udpchat-smoke-'));
// Keys are made there, not in the home of whoever runs this.
process.env.XDG_DATA_HOME = join(temporary, 'data');
const bin = join(temporary, 'global', 'bin', 'udpchat');
const children = new Set();
const counts = { passed: 0, failed: 0 };

await main().finally(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(temporary, { recursive: true, force: true });
});
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function main() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const tarball = join(temporary, `udpchat-${version}.tgz`);
  const packed = await check('npm pack makes a tarball', () =>
    npm(['pack', '--pack-destination', temporary], root),
  );
  if (!packed) return;
  await check('npm i udpchat gives a project the library', () => importInProject(tarball));
  const installed = await check('npm i -g installs the command', async () => {
    await npm(['install', '--global', '--prefix', join(temporary, 'global'), tarball], temporary);
    const { stdout } = await execute(bin, ['--version']);
    assert.match(stdout, new RegExp(version.replaceAll('.', '\\.')));
  });
  if (!installed) return;
  await check('a dead port is exit 3', async () => {
    const { code, stderr } = await run(['send', '127.0.0.1', `${await freePort()}`], 'a\n');
    assert.equal(code, 3, stderr);
  });
  await check('send, tail and a headless host talk', chat);
}

async function importInProject(tarball) {
  const project = mkdtempSync(join(temporary, 'project-'));
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await npm(['install', tarball], project);
  const script = "import * as udpchat from 'udpchat'; console.log(Object.keys(udpchat).join(' '))";
  const { stdout } = await execute(process.execPath, ['-e', script, '--input-type=module'], {
    cwd: project,
  });
  for (const name of ['createServer', 'connect', 'ChatServer', 'ChatClient', 'Emulator']) {
    assert.ok(stdout.split(/\s/).includes(name), `the package exports ${name}: ${stdout}`);
  }
}

async function chat() {
  const port = `${await freePort()}`;
  const host = start(['host', port, '--headless']);
  await host.shows(port);
  const tail = start(['tail', '127.0.0.1', port, '--json', '--nick', 'listener']);
  await host.shows('listener');
  const sent = await run(['send', '127.0.0.1', port, '--nick', 'speaker'], 'first\nsecond\n');
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal(sent.stdout, '', 'send draws nothing');
  await tail.shows('"second"');
  const texts = tail.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'message')
    .map(({ text }) => text);
  assert.deepEqual(texts, ['first', 'second']);
  host.child.kill('SIGTERM');
  const [code, signal] = await once(host.child, 'exit');
  assert.ok(code === 0 || code === 143, `a host told to stop leaves: ${code} ${signal}`);
}

async function check(title, action) {
  try {
    await Promise.race([action(), expire(STEP_TIMEOUT_MS)]);
    counts.passed++;
    console.log(`ok   ${title}`);
    return true;
  } catch (error) {
    counts.failed++;
    console.log(`FAIL ${title}\n  ${error.stack}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
    return false;
  }
}

function expire(ms) {
  const { promise, reject } = withResolvers();
  setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms).unref();
  return promise;
}

function npm(args, cwd) {
  return execute('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd });
}

/** Starts udpchat; `shows` resolves once a text has been printed on either stream. */
function start(args) {
  const child = spawn(bin, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const watched = { child, stdout: '', stderr: '', shows };
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.stdout.on('data', (data) => {
    watched.stdout += data;
  });
  child.stderr.on('data', (data) => {
    watched.stderr += data;
  });
  return watched;

  async function shows(text) {
    while (!`${watched.stdout}${watched.stderr}`.includes(text)) {
      if (child.exitCode !== null) {
        throw new Error(`${args.join(' ')} left with ${child.exitCode}: ${watched.stderr}`);
      }
      await Promise.race([
        once(child.stdout, 'data'),
        once(child.stderr, 'data'),
        once(child, 'exit'),
      ]);
    }
  }
}

async function run(args, input) {
  const watched = start(args);
  watched.child.stdin.end(input);
  const [code] = await once(watched.child, 'close');
  return { code, stdout: watched.stdout, stderr: watched.stderr };
}

async function freePort() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

function withResolvers() {
  let reject;
  const promise = new Promise((_, no) => {
    reject = no;
  });
  return { promise, reject };
}
