import { createInterface } from 'node:readline';

/** Exit code of a program that was interrupted. */
const INTERRUPTED = 130;

/**
 * Asks for a nick on the terminal; an empty answer takes `suggestion`. Ctrl-C and Ctrl-D end the
 * process with 130: nothing has begun yet.
 */
export function askNick(suggestion: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const interrupted = (): void => {
    process.stderr.write('\n');
    process.exit(INTERRUPTED);
  };
  prompt.on('SIGINT', interrupted);
  prompt.on('close', interrupted);
  return new Promise((resolve) => {
    prompt.question(`nick [${suggestion}]: `, (answer) => {
      prompt.removeListener('close', interrupted);
      prompt.close();
      resolve(answer.trim() || suggestion);
    });
  });
}
