import { type ChildProcess, spawn as spawnProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { compiled } from '../support/tui/compiled.ts';
import { median } from './measure.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COLUMNS = 120;
const ROWS = 40;
const LOG_LINES = 100_000;
const RATE = 1000;
const FLOOD_SECONDS = 15;
const IDLE_SECONDS = 10;
/** The garbage of a long log takes V8 so long to clear away. */
const SETTLE_SECONDS = 20;
const STARTS = 9;
/** ms between two keys: nobody types faster. */
const KEY_INTERVAL = 60;
/** Ticks of /proc, a second. */
const HERTZ = 100;
const FRAME_END = '\x1b[?2026l';

/** What the window must keep to. */
const TARGETS = { cpu: 20, echo: 50, rss: 200, start: 300 };

/** A program with a terminal emulator around it. */
class TimedWindow {
  readonly #pty: IPty;
  readonly #terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  readonly #begun = performance.now();
  #onChange: () => void = () => {};
  bytes = 0;
  frames = 0;
  /** ms from the start to the end of the first frame, and of CPU in them. */
  firstFrame = Number.NaN;
  firstCpu = Number.NaN;

  constructor(file: string, args: readonly (string | number)[], env: NodeJS.ProcessEnv = {}) {
    this.#pty = spawn(process.execPath, [file, ...args.map(String)], {
      cols: COLUMNS,
      rows: ROWS,
      cwd: ROOT,
      name: 'xterm-256color',
      env: { ...process.env, NO_COLOR: '', TMUX: '', XDG_CONFIG_HOME: '/nonexistent', ...env },
    });
    this.#terminal.onData((reply) => this.#pty.write(reply));
    this.#pty.onData((data) => {
      this.bytes += data.length;
      const ends = data.split(FRAME_END).length - 1;
      if (ends > 0 && this.frames === 0) {
        this.firstFrame = performance.now() - this.#begun;
        this.firstCpu = this.cpu * 1000;
      }
      this.frames += ends;
      this.#terminal.write(data, () => this.#onChange());
    });
  }

  get text(): string {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: ROWS }, (_, y) => active.getLine(y)?.translateToString(true)).join(
      '\n',
    );
  }

  /** Resolves with the ms until the screen is so. */
  async until(isThere: (text: string) => boolean): Promise<number> {
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      this.#onChange = () => {
        if (isThere(this.text)) resolve();
      };
      this.#onChange();
    });
    this.#onChange = () => {};
    return performance.now() - begun;
  }

  write(keys: string): void {
    this.#pty.write(keys);
  }

  /** Seconds of CPU so far; NaN where there is no /proc. */
  get cpu(): number {
    const fields = this.#proc('stat').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / HERTZ;
  }

  /** Resident megabytes: now, and at most. */
  get memory(): { now: number; most: number } {
    const status = this.#proc('status');
    const of = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    return { now: of('VmRSS'), most: of('VmHWM') };
  }

  #proc(name: string): string {
    try {
      return readFileSync(`/proc/${this.#pty.pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  }

  end(): void {
    this.#pty.kill('SIGKILL');
    this.#terminal.dispose();
  }
}

/**
 * `npm run bench -- --only window`: what the window costs on a real pty, beside what it may cost.
 * The terminal emulator that measures runs in this process, on another core if there is one.
 */
export async function windowCost(): Promise<void> {
  const program = compiled('spec/support/tui/flood-demo.ts');
  await starts();
  const window = new TimedWindow(program, [LOG_LINES, RATE]);
  await window.until((text) => text.includes('ready'));
  await idle(window);
  await flood(window);
  window.end();
}

/** The program itself, joining a real host on this machine. */
async function starts(): Promise<void> {
  const program = compiled('cli/main.ts');
  const home = mkdtempSync(join(tmpdir(), 'udpchat-bench-'));
  const env = { HOME: home, XDG_DATA_HOME: join(home, 'data'), XDG_CONFIG_HOME: home };
  const { host, port } = await startHost(program, env);
  const [times, cpu, joined]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i <= STARTS; i++) {
    const begun = performance.now();
    const window = new TimedWindow(program, ['127.0.0.1', port, '--nick', `ana${i}`], env);
    await window.until((text) => / online · ana\d/.test(text));
    if (i > 0) {
      joined.push(performance.now() - begun);
      times.push(window.firstFrame); // the first one warms the disk up
      cpu.push(window.firstCpu);
    }
    window.end();
  }
  host.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
  const worst = Math.max(...times);
  const figures = `${ms(median(times))}, worst ${ms(worst)}, of CPU ${ms(median(cpu))}`;
  report(
    `start to first frame`,
    `${figures}; in the room ${ms(median(joined))}`,
    TARGETS.start,
    'ms',
  );
}

async function startHost(
  program: string,
  env: NodeJS.ProcessEnv,
): Promise<{ host: ChildProcess; port: string }> {
  const args = [program, 'host', '0', '--headless', '--ephemeral', '--bind', '127.0.0.1'];
  const host = spawnProcess(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: host.stdout })) {
    const port = /listening on \S+:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return { host, port };
  }
  throw new Error('the host did not begin');
}

async function idle(window: TimedWindow): Promise<void> {
  await sleep(SETTLE_SECONDS * 1000);
  const { cpu, bytes } = window;
  await sleep(IDLE_SECONDS * 1000);
  const share = (100 * (window.cpu - cpu)) / IDLE_SECONDS;
  report('at rest', `${share.toFixed(1)} % CPU, ${window.bytes - bytes} bytes written`, 0);
}

/** Types while others talk: each key is timed until the screen shows it. */
async function flood(window: TimedWindow): Promise<void> {
  window.write('x');
  await sleep(1000);
  const { cpu, frames, bytes } = window;
  const begun = performance.now();
  const echoes: number[] = [];
  let typed = 'x';
  while (performance.now() - begun < FLOOD_SECONDS * 1000) {
    if (typed.length > 60) {
      window.write('\x15');
      typed = '';
      await window.until((text) => />\s+│/.test(text));
    }
    const key = String.fromCharCode(97 + (echoes.length % 26));
    typed += key;
    window.write(key);
    echoes.push(await window.until((text) => text.includes(`> ${typed}`)));
    await sleep(KEY_INTERVAL);
  }
  const seconds = (performance.now() - begun) / 1000;
  const { now, most } = window.memory;
  const share = (100 * (window.cpu - cpu)) / seconds;
  const rate = (window.frames - frames) / seconds;
  const written = (window.bytes - bytes) / seconds / 1000;
  echoes.sort((a, b) => a - b);
  const at = (q: number): number => echoes[Math.floor(q * echoes.length)] ?? Number.NaN;
  const title = `${RATE} lines a second into ${LOG_LINES}`;
  const painted = `${rate.toFixed(1)} frames/s, ${written.toFixed(0)} kB/s`;
  report(title, `${share.toFixed(1)} % CPU, ${painted}`, TARGETS.cpu, '%');
  const echo = `p50 ${ms(at(0.5))}, p99 ${ms(at(0.99))} of ${echoes.length} keys`;
  report('key echo meanwhile', echo, TARGETS.echo, 'ms');
  report('memory', `${now.toFixed(0)} MB, at most ${most.toFixed(0)} MB`, TARGETS.rss, 'MB');
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;

function report(title: string, figures: string, target: number, unit = ''): void {
  console.log(`${title.padEnd(40)} ${figures} (target ${target}${unit === '' ? '' : ` ${unit}`})`);
}
