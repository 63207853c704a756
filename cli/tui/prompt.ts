import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Exit code of a program that was interrupted. */
const INTERRUPTED = 130;

/**
 * Asks a question on the terminal. Ctrl-C and Ctrl-D end the process with 130: nothing has begun
 * yet.
 */
function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  const interrupted = (): void => {
    process.stderr.write('\n');
    process.exit(INTERRUPTED);
  };
  prompt.on('SIGINT', interrupted);
  prompt.on('close', interrupted);
  return new Promise((resolve) => {
    prompt.question(question, (answer) => {
      prompt.removeListener('close', interrupted);
      prompt.close();
      resolve(answer);
    });
  });
}

/** Asks for a nick; an empty answer takes `suggestion`. */
export async function askNick(suggestion: string): Promise<string> {
  const answer = await ask(`nick [${suggestion}]: `, process.stderr);
  return answer.trim() || suggestion;
}

/** Asks for a password. What is typed goes nowhere but into the answer. */
export async function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // The terminal's echo is off before the question invites an answer.
  const answering = ask('', nowhere);
  process.stderr.write(question);
  const answer = await answering;
  process.stderr.write('\n');
  return answer;
}
