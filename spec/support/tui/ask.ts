/** Asks for a nick and says what came of it: for the prompt's spec. */
import { askNick } from '../../../cli/tui/prompt.ts';

process.stdout.write(`nick is ${await askNick('ana')}\n`);
