import { runWindow } from '../../../cli/tui/window.ts';
import { HostileClient } from './hostile-client.ts';

const client = new HostileClient('ana');
client.begin();
await runWindow({ client });
process.exit(0);
