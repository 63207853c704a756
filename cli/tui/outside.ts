import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names of a folder that a completion looks at. */
const MAX_NAMES = 500;

/**
 * Lets the person write in their own editor, which has the terminal meanwhile; returns what they
 * wrote. Throws when there is no such editor or it failed.
 */
export function editOutside(text: string): string {
  const { VISUAL = '', EDITOR = '' } = process.env;
  const editor = VISUAL || EDITOR || 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'udpchat-'));
  const file = join(folder, 'message.txt');
  try {
    writeFileSync(file, text, { mode: 0o600 });
    // The shell's words, as in git: EDITOR may hold arguments.
    const done = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, editor, file], { stdio: 'inherit' });
    if (done.error !== undefined) throw done.error;
    if (done.status !== 0) throw new Error(`${editor} ended with ${done.status ?? done.signal}`);
    return readFileSync(file, 'utf8').replace(/\n$/, '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a folder holds that begins like the last part of `word`; folders end in a slash. */
export function listPaths(word: string): string[] {
  const slash = word.lastIndexOf('/') + 1;
  const start = word.slice(slash);
  try {
    return readdirSync(word.slice(0, slash).replace(/^~(?=\/)/, homedir()), { withFileTypes: true })
      .filter(({ name }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
      .slice(0, MAX_NAMES)
      .map((entry) => entry.name + (entry.isDirectory() ? '/' : ''))
      .sort();
  } catch {
    return []; // no such folder: nothing to complete
  }
}
