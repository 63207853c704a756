/**
 * The chat window with a made-up client: for the window's specs and for trying it by hand.
 *     node spec/support/run.mjs spec/support/tui/demo.ts
 * A line that begins with `!` plays a scene, see fake-client.ts; all lines are accepted at once.
 */
import { type ExitInfo, runWindow } from '../../../cli/tui/window.ts';
import { FakeClient } from './fake-client.ts';

function report(info: ExitInfo): number {
  if (info.type === 'quit') {
    process.stdout.write('ended: quit\n');
    return 0;
  }
  process.stderr.write(`ended: ${info.type === 'closed' ? info.event.reason : info.signal}\n`);
  return info.type === 'closed' ? 3 : info.exitCode;
}

const client = new FakeClient('ana');
client.begin();
process.exit(report(await runWindow({ client })));
