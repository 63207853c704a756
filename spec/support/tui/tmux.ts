import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compiled } from './compiled.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** How long a screen may take to show something, ms, and how often we look. */
const PATIENCE = 15_000;
const POLL = 50;

export function hasTmux(): boolean {
  return spawnSync('tmux', ['-V']).status === 0;
}

/** A shell in a tmux server of its own: the only place here with real job control. */
export class TmuxScreen {
  readonly #folder = mkdtempSync(join(tmpdir(), 'udpchat-tmux-'));

  constructor(options: { columns: number; rows: number; terminal: string }) {
    const { columns, rows, terminal } = options;
    const config = join(this.#folder, 'tmux.conf');
    writeFileSync(config, `set -g default-terminal ${terminal}\nset -g status off\n`);
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = 'env -u TMUX PS1=ready: sh -i';
    this.#run('-f', config, 'new-session', '-d', ...size, '-c', ROOT, shell);
  }

  get text(): string {
    return this.#run('capture-pane', '-p');
  }

  /** Starts the window's demo from the shell. */
  startDemo(): void {
    this.type(`${process.execPath} "${compiled('spec/support/tui/demo.ts')}"; echo "exit $?"`);
    this.press('Enter');
  }

  type(text: string): void {
    this.#run('send-keys', '-l', text);
  }

  /** Keys by tmux's names, e.g. `C-z`. */
  press(...keys: string[]): void {
    this.#run('send-keys', ...keys);
  }

  /** As a terminal pastes into a program that asked for bracketed paste. */
  paste(text: string): void {
    this.#run('set-buffer', text);
    this.#run('paste-buffer', '-p');
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  async waitFor(wanted: RegExp): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!wanted.test(this.text)) {
      if (performance.now() > deadline) {
        throw new Error(`the screen never showed ${String(wanted)}:\n${this.text}`);
      }
      await sleep(POLL);
    }
  }

  kill(): void {
    this.#run('kill-server');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(...args: string[]): string {
    const socket = join(this.#folder, 'socket');
    return execFileSync('tmux', ['-S', socket, ...args], { encoding: 'utf8' });
  }
}
