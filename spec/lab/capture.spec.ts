import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { labNetem } from '../../cli/commands/lab-netem.ts';
import { Capture } from '../../lib/lab/shell/capture.ts';

const folder = mkdtempSync(join(tmpdir(), 'udpchat-capture-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const isPossible =
  process.platform === 'linux' &&
  process.geteuid?.() === 0 &&
  ['dumpcap', 'setpriv'].every((name) => spawnSync(name, ['--version']).status === 0);
const skip = isPossible ? false : 'it takes Linux, root, dumpcap and setpriv';

t.test('what passes an interface is captured, up to the last packet', { skip }, async (t) => {
  const path = join(folder, 'lo.pcapng');
  const capture = await Capture.start({ device: 'lo', prefix: ['env'], path });
  t.equal(capture.command, `env dumpcap -q -i lo -w - > ${path}`);
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  for (const word of ['the first', 'the last']) {
    socket.send(`${word} word of udpchat`, socket.address().port, '127.0.0.1');
    await once(socket, 'message');
  }
  socket.close();
  await capture.stop();
  const file = readFileSync(path);
  t.ok(file.includes('the first word of udpchat') && file.includes('the last word of udpchat'));
});

t.test('an interface that is not there is said by its capture', { skip }, async (t) => {
  const options = {
    device: 'udpchat-none',
    prefix: [],
    path: join(folder, 'none.pcapng'),
  } as const;
  await t.rejects(Capture.start(options), { name: 'CaptureError', message: /udpchat-none/ });
});

t.test('lab netem writes what the kernel carries as pcapng, and in no other form', async (t) => {
  const flags = { impair: 'wifi', trace: 'x.qlog' };
  const refusal = { message: /lab netem cannot write x\.qlog/, hint: /\.pcapng/, exitCode: 2 };
  await t.rejects(labNetem({ positionals: [], flags }), refusal);
});
