/** The window with a server that sends hostile strings; NOTIFY says how the desktop is told. */
import { parseConfig } from '../../../cli/tui/config-parser.ts';
import { runWindow } from '../../../cli/tui/window.ts';
import { HostileClient } from './hostile-client.ts';

const client = new HostileClient('ana');
client.begin();
const config = parseConfig(`[window]\nnotify = "${process.env['NOTIFY'] ?? 'off'}"\n`);
await runWindow({ client, config });
process.exit(0);
