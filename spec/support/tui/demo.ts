// The chat window with a client that is made up: for the window's specs and for trying it by hand.
//   node spec/support/run.mjs spec/support/tui/demo.ts [script]
// What is typed steers it: `!NAME` posts are scenes, see below; everything else is accepted at once.
import { runWindow } from '../../../cli/tui/window.ts';
import { FakeClient } from './fake-client.ts';

const client = new FakeClient('ana');
client.begin();
const info = await runWindow({ client });
switch (info.type) {
  case 'quit':
    console.log('ended: quit');
    process.exit(0);
  case 'closed':
    console.error(`ended: ${info.event.reason}`);
    process.exit(3);
  case 'signal':
    console.error(`ended: ${info.signal}`);
    process.exit(info.exitCode);
}
