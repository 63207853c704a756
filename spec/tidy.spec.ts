import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

/** What each folder may import besides itself and lib/base. The longest matching prefix counts. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'lib/index.ts': ['lib'],
  'lib/entry': ['lib'],
  'lib/base': [],
  'lib/wire': [],
  'lib/crypto': ['lib/wire/version.ts', 'node:crypto', 'node:module'],
  'lib/transport': ['lib/wire', 'lib/crypto/protection.ts'],
  'lib/net': ['lib/wire', 'lib/transport', 'lib/crypto', 'node:'],
  'lib/chat': [],
  'lib/store': ['lib/chat', 'libsql', 'node:'],
  'lib/server': [
    'lib/wire',
    'lib/transport',
    'lib/crypto',
    'lib/net',
    'lib/chat',
    'lib/store',
    'node:',
  ],
  'lib/client': ['lib/transport', 'lib/crypto', 'lib/net', 'lib/chat', 'node:'],
  'lib/lab': ['lib'],
  'lib/lab/shell': ['lib', 'node:'],
  cli: ['lib/index.ts', 'lib/entry', 'node:', 'smol-toml', 'pino', 'prom-client'],
  'cli/tui/view': ['cli', 'lib/index.ts', 'lib/entry', 'node:', 'neo-blessed'],
  examples: ['udpchat', 'node:'],
};

/** Nobody below the entry point knows the lab, and nobody imports the entry point from within. */
const ONLY_FROM_ABOVE = ['lib/lab', 'lib/index.ts', 'lib/entry'];

/** Layers where everything that decides is pure: time and chance are passed in. */
const PURE = [
  'lib/base',
  'lib/wire',
  'lib/transport',
  'lib/chat',
  'lib/store',
  'lib/server',
  'lib/client',
  'lib/lab',
  'cli/tui/model',
  'cli/tui/text',
];

/** The thin shells inside pure layers: they touch the world and decide nothing. */
const SHELLS = [
  'lib/store/folder.ts',
  'lib/store/open.ts',
  'lib/store/outbox-file.ts',
  'lib/store/store.worker.ts',
  'lib/store/check.worker.ts',
  'lib/store/store-thread.ts',
  'lib/server/server.ts',
  'lib/server/shard-threads.ts',
  'lib/server/shard.worker.ts',
  'lib/client/client.ts',
  'lib/lab/shell',
];

const IMPURE_NAMES = new Set(
  `Date performance process Buffer crypto console fetch Promise globalThis
  setTimeout setInterval setImmediate queueMicrotask structuredClone`.split(/\s+/),
);

/** Marks of work put off. */
const LATER = /\b(?:TODO|FIXME|XXX|HACK)\b/;

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 70;
const MAX_COLUMNS = 100;
const MAX_EXAMPLE_LINES = 80;
const MAX_COMMAND_LINES = 150;

const root = fileURLToPath(new URL('..', import.meta.url));
const files = ['lib', 'cli', 'spec', 'examples'].flatMap(listFiles);
const sources = files.filter((path) => path.endsWith('.ts')).map(parse);
const product = sources.filter(({ path }) => !path.startsWith('spec/'));

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly tree: ts.SourceFile;
}

function listFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function parse(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return { path, text, lines: text.trimEnd().split('\n'), tree };
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(':') ? folder : `${folder}/`);
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** `file:line what`, for every node that `complain` has something to say about. */
function findings(from: readonly Source[], complain: (node: ts.Node) => string | undefined) {
  const found: string[] = [];
  for (const { path, tree } of from) {
    visit(tree, (node) => {
      const complaint = complain(node);
      if (complaint === undefined) return;
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${path}:${line + 1} ${complaint}`);
    });
  }
  return found;
}

/** What a file imports: paths from the root for its own files, else the name as written. */
function importsOf({ path, tree }: Source): string[] {
  const found: string[] = [];
  visit(tree, (node) => {
    const name = moduleName(node);
    if (name === undefined) return;
    found.push(name.startsWith('.') ? normalize(join(dirname(path), name)) : name);
  });
  return found;
}

function moduleName(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return literalText(node.moduleSpecifier);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return literalText(node.arguments[0]) ?? 'an import() that cannot be checked';
  }
  return ts.isImportTypeNode(node) ? literalText(node.argument) : undefined;
}

function literalText(node: ts.Node | undefined): string | undefined {
  if (node !== undefined && ts.isLiteralTypeNode(node)) return literalText(node.literal);
  return node !== undefined && ts.isStringLiteral(node) ? node.text : undefined;
}

function layerOf(path: string): string | undefined {
  const layers = Object.keys(LAYERS).filter((layer) => within(path, layer));
  return layers.sort((a, b) => b.length - a.length)[0];
}

t.test('the rules see the sources', async (t) => {
  t.ok(product.length > 20, `${product.length} files`);
  t.same(
    product.map(({ path }) => path).filter((path) => layerOf(path) === undefined),
    [],
  );
  const unused = Object.keys(LAYERS).filter((layer) => !existsSync(join(root, layer)));
  t.same([...unused, ...SHELLS.filter((file) => !existsSync(join(root, file)))], []);
});

t.test('a layer looks only down', async (t) => {
  const wrong = product.flatMap((source) => {
    const layer = layerOf(source.path) ?? '';
    const allowed = [layer, 'lib/base', ...(LAYERS[layer] ?? [])].filter(
      (target) => target !== 'lib/base' || layer.startsWith('lib'),
    );
    return importsOf(source)
      .filter((name) => {
        if (!allowed.some((target) => within(name, target))) return true;
        if (/^lib\/(?:lab|entry|index\.ts)/.test(layer) || !layer.startsWith('lib')) return false;
        return ONLY_FROM_ABOVE.some((target) => within(name, target));
      })
      .map((name) => `${source.path} imports ${name}`);
  });
  t.same(wrong, []);
});

t.test(
  'the command line loads the parts of the library that it uses, never all of it',
  async (t) => {
    const cli = product.filter(({ path }) => path.startsWith('cli/'));
    const wrong = findings(cli, (node) => {
      if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return undefined;
      if (!moduleName(node)?.endsWith('lib/index.ts')) return undefined;
      const isType = ts.isExportDeclaration(node)
        ? node.isTypeOnly
        : node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      return isType ? undefined : 'imports more than types from lib/index.ts';
    });
    t.same(wrong, []);
  },
);

/** All files that `path` cannot be loaded without. */
function loadedWith(path: string, seen = new Set<string>()): Set<string> {
  const source = product.find((other) => other.path === path);
  if (source === undefined || seen.has(path)) return seen;
  seen.add(path);
  for (const statement of source.tree.statements) {
    const isImport = ts.isImportDeclaration(statement);
    if (!isImport && !ts.isExportDeclaration(statement)) continue;
    const clause = isImport ? statement.importClause : undefined;
    if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) continue;
    if (!isImport && statement.isTypeOnly) continue;
    const name = moduleName(statement) ?? '';
    if (name.startsWith('.')) loadedWith(normalize(join(dirname(path), name)), seen);
    else seen.add(name);
  }
  return seen;
}

t.test('a command loads nothing that only another one needs', async (t) => {
  const heavy = ['lib/server', 'lib/store', 'lib/transport', 'lib/net', 'lib/lab/shell', 'libsql'];
  const others = ['cli/tui/window.ts', 'neo-blessed', 'smol-toml', 'pino', 'prom-client'];
  const unwanted: Record<string, readonly string[]> = {
    'cli/run.ts': [...heavy, ...others, 'lib/client', 'lib/lab/emulator.ts'],
    'cli/commands/join.ts': [...heavy, ...others, 'lib/client'],
    // The first frame comes before anything that talks.
    'cli/tui/window.ts': [...heavy, 'lib/client', 'smol-toml'],
    'cli/commands/send.ts': ['lib/server', 'lib/store', 'lib/lab/shell', ...others],
    'cli/commands/tail.ts': ['lib/server', 'lib/store', 'lib/lab/shell', ...others],
  };
  for (const [path, names] of Object.entries(unwanted)) {
    const loaded = [...loadedWith(path)];
    t.ok(loaded.length > 10, path);
    t.same(
      loaded.filter((other) => names.some((name) => within(other, name))),
      [],
      path,
    );
  }
});

t.test('what decides has no clock, no chance, no timer and no Node in it', async (t) => {
  const pure = product.filter(
    ({ path }) =>
      PURE.some((folder) => within(path, folder)) && !SHELLS.some((shell) => within(path, shell)),
  );
  t.ok(pure.length > 10);
  const wrong = findings(pure, (node) => {
    if (moduleName(node)?.startsWith('node:')) return `imports ${moduleName(node)}`;
    if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return 'is async';
    if (!ts.isIdentifier(node)) return undefined;
    const { parent, text } = node;
    const member = ts.isPropertyAccessExpression(parent) && parent.name === node;
    if (member) return parent.getText() === 'Math.random' ? 'uses Math.random' : undefined;
    // A given moment may be formatted; only the present one is a secret.
    if (ts.isNewExpression(parent) && text === 'Date' && parent.arguments?.length) return undefined;
    const reference = ts.isExpression(parent) || ts.isTypeReferenceNode(parent);
    return reference && IMPURE_NAMES.has(text) ? `uses ${text}` : undefined;
  });
  t.same(wrong, []);
});

t.test('files, functions and lines stay small enough to read', async (t) => {
  const long = sources
    .filter(({ lines, path }) => lines.length > limitOf(path))
    .map(({ lines, path }) => `${path}: ${lines.length} lines`);
  t.same(long, []);
  const wide = sources.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => (line.length > MAX_COLUMNS ? [`${path}:${i + 1}`] : [])),
  );
  t.same(wide, [], `over ${MAX_COLUMNS} columns`);
  const sprawling = findings(product, (node) => {
    if (!ts.isFunctionLike(node)) return undefined;
    const length = node.getText().split('\n').length;
    return length > MAX_FUNCTION_LINES ? `a function of ${length} lines` : undefined;
  });
  t.same(sprawling, []);
});

function limitOf(path: string): number {
  if (within(path, 'examples')) return MAX_EXAMPLE_LINES;
  return within(path, 'cli/commands') ? MAX_COMMAND_LINES : MAX_FILE_LINES;
}

t.test('the language is its plain, erasable part', async (t) => {
  const wrong = findings(product, (node) => {
    if (ts.isEnumDeclaration(node)) return 'an enum';
    if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any';
    if (ts.isNonNullExpression(node)) return 'a non-null assertion';
    if (node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent)) {
      return 'a default export';
    }
    if (ts.isExportAssignment(node)) return 'a default export';
    if (ts.isModuleDeclaration(node) && !ts.isStringLiteral(node.name)) return 'a namespace';
    const name = moduleName(node);
    return name?.startsWith('.') && !/\.(?:ts|json)$/.test(name) ? `imports ${name}` : undefined;
  });
  t.same(wrong, []);
});

t.test('nothing is left for later', async (t) => {
  const left = sources
    .filter(({ path }) => path !== 'spec/tidy.spec.ts')
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, i) => (LATER.test(line) ? [`${path}:${i + 1}`] : [])),
    );
  t.same(left, []);
});

t.test(
  'a spec says what it shows: its titles state a behaviour, and none is left out',
  async (t) => {
    const specs = sources.filter(({ path }) => path.endsWith('.spec.ts'));
    const wrong = findings(specs, (node) => {
      if (!ts.isCallExpression(node)) return undefined;
      const callee = node.expression.getText();
      if (/^(?:t\.|test\.)?(?:only|skip|todo)$/.test(callee)) return `calls ${callee}`;
      if (!/^(?:t\.)?test$/.test(callee)) return undefined;
      const title = literalText(node.arguments[0]);
      if (title === undefined) return undefined;
      const vague = title.split(' ').length < 3 || /^(?:test|should)\b|\.$|#\d/i.test(title);
      return vague ? `the title "${title}"` : undefined;
    });
    t.same(wrong, []);
  },
);

t.test('the lockfile is whole on every platform and names no registry', async (t) => {
  const lock: { packages: Record<string, LockEntry> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const entries = Object.entries(lock.packages);
  const missing = entries
    .flatMap(([, { optionalDependencies = {} }]) => Object.keys(optionalDependencies))
    .filter((name) => lock.packages[`node_modules/${name}`] === undefined);
  t.same(missing, [], 'npm ci refuses a lockfile without the packages of other platforms');
  t.same(
    entries.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path),
    [],
  );
});

interface LockEntry {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly resolved?: string;
}
