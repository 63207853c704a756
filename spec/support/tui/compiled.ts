import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const OUT = join(ROOT, 'node_modules/.cache/udpchat-compiled');
/** The program reads its version in the package that it lies in. */
const PACKAGE = JSON.stringify({
  name: 'udpchat',
  version: '0.0.0',
  type: 'module',
  exports: { './package.json': './package.json' },
});
const FOLDERS = ['lib', 'cli', 'spec/support', 'spec/bench', 'spec/integration'];

/**
 * A source file as JavaScript that plain Node runs, with all that it may import. Programs that a
 * spec starts again and again begin at once so, and are timed as what people install; only files
 * that have changed are compiled.
 */
export function compiled(path: string): string {
  write(join(OUT, 'package.json'), PACKAGE);
  for (const file of FOLDERS.flatMap(sourcesOf)) {
    const target = join(OUT, file.replace(/\.ts$/, '.js'));
    if (modified(target) < modified(join(ROOT, file))) write(target, compile(file));
  }
  return join(OUT, path.replace(/\.ts$/, '.js'));
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function compile(file: string): string {
  const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
    },
  });
  return outputText;
}

/** Whole or not at all: several specs run at once. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
