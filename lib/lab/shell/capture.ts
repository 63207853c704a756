import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type Command, formatCommand } from '../netem/plan.ts';
import { systemPath } from './netem-facts.ts';

/** ms that a capture may take to begin. */
const START_TIMEOUT = 30_000;
/** ms from the end of what is captured until the kernel has handed on the last of it. */
const LINGER = 300;

/** Why there is no capture, for people. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

export interface CaptureOptions {
  /** The interface. */
  readonly device: string;
  /** In front of the command, to run it elsewhere. */
  readonly prefix: Command | readonly [];
  readonly path: string;
}

/**
 * What passes an interface, written as pcapng by Wireshark's dumpcap: packets that the kernel
 * carries are seen by the kernel only. It dies with this process, however that ends.
 */
export class Capture {
  /** As one would type it. */
  readonly command: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #complaint = '';

  private constructor({ device, prefix, path }: CaptureOptions) {
    const dumpcap = ['dumpcap', '-q', '-i', device, '-w', '-'] as const;
    const guard = ['setpriv', '--pdeathsig', 'TERM'] as const;
    // The file is ours and open before: dumpcap gives up root's right to write anywhere.
    const file = openSync(path, 'w', 0o600);
    const [program, ...args] = behind(prefix, [...guard, ...dumpcap]);
    this.command = `${formatCommand(behind(prefix, dumpcap))} > ${path}`;
    const env = { ...process.env, PATH: systemPath(), LC_ALL: 'C' };
    this.#child = spawn(program, args, { stdio: ['ignore', file, 'pipe'], env });
    closeSync(file);
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  /** Resolves when packets are being written; rejects with CaptureError. */
  static async start(options: CaptureOptions): Promise<Capture> {
    const capture = new Capture(options);
    await capture.#begun();
    return capture;
  }

  /** Ends it when all that has passed is written. */
  async stop(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, LINGER));
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  #begun(): Promise<void> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const refuse = (why: string): void => {
        clearTimeout(timer);
        child.kill('SIGKILL');
        reject(new CaptureError(why));
      };
      const timer = setTimeout(() => refuse('dumpcap does not begin'), START_TIMEOUT);
      child.once('error', (error) => refuse(error.message));
      child.once('close', (code) => {
        const [why = `exit ${code}`] = this.#complaint.trim().split('\n');
        refuse(why);
      });
      child.stderr?.on('data', (bytes: Buffer) => {
        this.#complaint = (this.#complaint + bytes.toString()).slice(-1_000);
        // dumpcap says where it writes as soon as it does.
        if (!/^File: /m.test(this.#complaint)) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function behind(prefix: Command | readonly [], [program, ...args]: Command): Command {
  const [first, ...rest] = prefix;
  return first === undefined ? [program, ...args] : [first, ...rest, program, ...args];
}
