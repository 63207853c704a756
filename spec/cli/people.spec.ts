import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CliError, ExitCode } from '../../cli/errors.ts';
import { formatPublicKey, openKeyFile, parsePublicKey } from '../../cli/identity.ts';
import { HostTrust, KnownHosts } from '../../cli/known-hosts.ts';
import { readPrivate, writePrivate } from '../../cli/private-file.ts';

const HOME = mkdtempSync(join(tmpdir(), 'udpchat-spec-'));
t.teardown(() => rmSync(HOME, { recursive: true }));
process.env['XDG_DATA_HOME'] = HOME;

const target = { host: 'lab.example', port: 5000 };
const [one, two] = [1, 2].map((byte) => new Uint8Array(32).fill(byte));

/** The error that `run` throws, which it must. */
function thrown(run: () => unknown): CliError {
  try {
    run();
  } catch (error) {
    if (error instanceof CliError) return error;
  }
  throw new Error('no CliError');
}

t.test('a key is made once, is the same ever after, and only its owner can read it', async (t) => {
  const path = join(HOME, 'deep', 'folder', 'identity');
  const made = openKeyFile(path, 'you');
  t.ok(made.isNew);
  const again = openKeyFile(path, 'you');
  t.notOk(again.isNew);
  t.strictSame(again.secret, made.secret);
  t.strictSame(parsePublicKey(formatPublicKey(made.publicKey)), made.publicKey);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(statSync(join(HOME, 'deep', 'folder')).mode & 0o777, 0o700);
  t.notMatch(JSON.stringify(made.publicKey), JSON.stringify(made.secret));
});

t.test('a key that others can read, or that is none, is refused with what to do', async (t) => {
  const path = join(HOME, 'open');
  writeFileSync(path, readPrivate(join(HOME, 'deep', 'folder', 'identity')) ?? '', { mode: 0o640 });
  const open = thrown(() => openKeyFile(path, 'you'));
  t.equal(open.exitCode, ExitCode.authentication);
  t.match(open.hint, `chmod 600 ${path}`);
  writePrivate(path, 'secret-x25519 AAAA\n');
  t.match(thrown(() => openKeyFile(path, 'you')).message, /holds no key/);
  t.equal(readPrivate(join(HOME, 'none')), undefined);
  t.notOk(writePrivate(path, 'x', { isNew: true }), 'what is there is not overwritten');
  t.match(readPrivate(path), /^secret/);
});

t.test('a host is believed at first, known after that, and another key is refused', async (t) => {
  t.ok(one && two);
  if (one === undefined || two === undefined) return;
  const first = new HostTrust(target);
  t.ok(first.accept(one));
  t.match(first.pin(), /first time at lab\.example:5000; its key is SHA256:\S{43}/);
  const second = new HostTrust({ host: 'LAB.example', port: 5000 });
  t.ok(second.accept(one));
  t.equal(second.pin(), undefined, 'nothing to say');
  const swapped = new HostTrust(target);
  t.notOk(swapped.accept(two));
  const error = swapped.changedError();
  t.equal(error.exitCode, ExitCode.authentication);
  t.match(error.details.join('\n'), /it was {2}SHA256:.*line 1\)\n.*it is {3}SHA256:/);
  t.match(error.details.join('\n'), /udpchat trust --replace lab\.example:5000/);
  t.ok(new HostTrust({ ...target, port: 5001 }).accept(two), 'another port is another host');
  const hosts = new KnownHosts();
  hosts.pin({ host: '::1', port: 7 }, two);
  hosts.pin(target, two);
  t.ok(new HostTrust(target).accept(two));
  t.notOk(new HostTrust(target).accept(one));
  t.ok(new HostTrust({ host: '::1', port: 7 }).accept(two));
  t.notOk(new HostTrust(target, one).accept(two), 'whose key we know otherwise must have it');
});
