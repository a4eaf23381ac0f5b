import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

interface Layer {
  layers: string[];
  packages: string[];
}

/**
 * The table of ARCHITECTURE.md. A layer is a folder of `src`, or a file directly in it. It may import itself, the
 * layers named here (`gate/open` is that one file of `gate`) and these packages.
 */
const LAYERS: Record<string, Layer> = {
  core: { layers: [], packages: ['zod', 'tldts'] },
  crypto: { layers: ['core'], packages: ['node:crypto', 'argon2', '@zxcvbn-ts/core', '@zxcvbn-ts/language-common'] },
  store: { layers: ['core'], packages: ['better-sqlite3'] },
  tools: { layers: ['core'], packages: ['zod', 'otpauth'] },
  use: { layers: ['core', 'crypto'], packages: ['undici'] },
  exchange: {
    layers: ['core', 'crypto'],
    packages: ['age-encryption', 'csv-parse', 'fflate', 'kdbxweb', 'openpgp'],
  },
  gate: { layers: ['core', 'crypto', 'store', 'tools', 'use'], packages: [] },
  mcp: { layers: ['core', 'gate'], packages: ['@modelcontextprotocol/server'] },
  serve: {
    layers: ['core', 'gate', 'mcp'],
    packages: ['@modelcontextprotocol/server', '@modelcontextprotocol/node', 'prom-client', 'node:crypto'],
  },
  cli: {
    layers: ['core', 'use', 'exchange', 'gate'],
    packages: [
      'commander',
      '@inquirer/confirm',
      '@inquirer/password',
      '@modelcontextprotocol/client',
      'jsonc-parser',
      '@decimalturn/toml-patch',
    ],
  },
  console: { layers: ['core', 'gate'], packages: ['hono', '@hono/node-server', 'node:crypto'] },
  log: { layers: ['core'], packages: ['pino'] },
  bin: {
    layers: ['core', 'mcp', 'serve', 'cli', 'console', 'log', 'gate/open', 'gate/service', 'gate/door', 'gate/version'],
    packages: [],
  },
};

/** Built-in modules that not every layer may import; `core` may import none. */
const GUARDED_BUILTINS = ['node:crypto', 'node:sqlite'];

/** Only the demonstration talks to a server. */
const CLIENT = { package: '@modelcontextprotocol/client', home: /^cli\/(commands\/)?demo[a-z-]*(\/|\.ts$)/ };

const TOP_LEVEL = `.ci .gitignore .npmrc .prettierignore ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md LICENSE README.md
  SECURITY.md agent-instructions bench bin docs eslint.config.js mcp.json.example package-lock.json package.json packaging
  scripts src systemd test tsconfig.json tsconfig.test.json vitest.config.ts`.split(/\s+/);

const MAX_LINES = 250;

/** Text by path below `src`. */
type Sources = Record<string, string>;
/** What is wrong, one line each; empty if nothing is. */
type Faults = string[];

const root = join(import.meta.dirname, '..');
const readJson = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));

function realSources(): Sources {
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    paths.filter((path) => /\.tsx?$/.test(path)).map((path) => [path, readFileSync(join(root, 'src', path), 'utf8')]),
  );
}

function parse(path: string, text: string): ts.SourceFile {
  const isMarkup = path.endsWith('.tsx');
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, isMarkup ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
}

/** Everything a file imports, however it says so: `import`, `export … from`, `import()`, `import('…').Type`, require. */
function importsOf(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const named =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isExternalModuleReference(node)
          ? node.expression
          : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
            ? node.argument.literal
            : ts.isCallExpression(node) && /^(import|require)$/.test(node.expression.getText())
              ? node.arguments[0]
              : undefined;
    if (named) found.push(ts.isStringLiteralLike(named) ? named.text : `computed: ${named.getText()}`);
    ts.forEachChild(node, visit);
  };
  visit(parse(path, text));
  return found;
}

const layerOf = (path: string) => path.split('/')[0]!.replace(/\.tsx?$/, '');
const packageOf = (name: string) => (name.startsWith('@') ? name.split('/', 2).join('/') : name.split('/')[0]!);
/** The path below `src` that a relative import of `from` names. */
function fileOf(from: string, name: string, sources: Sources): string {
  const stem = posix.join(posix.dirname(from), name).replace(/\.js$/, '');
  return `${stem}.tsx` in sources ? `${stem}.tsx` : `${stem}.ts`;
}

function importFaults(sources: Sources): Faults {
  return Object.entries(sources).flatMap(([path, text]) => {
    const layer = LAYERS[layerOf(path)];
    if (!layer) return [`${path}: not in a known layer`];
    return importsOf(path, text).flatMap((name) => {
      const fault = name.startsWith('.')
        ? ourFault({ path, layer, target: fileOf(path, name, sources), sources })
        : packageFault({ path, layer, name });
      return fault ? [`${path}: ${fault}`] : [];
    });
  });
}

interface OurImport {
  path: string;
  layer: Layer;
  target: string;
  sources: Sources;
}

function ourFault({ path, layer, target, sources }: OurImport): string | undefined {
  if (!(target in sources)) return `imports ${target}, which is not there`;
  const isAllowed = [layerOf(path), ...layer.layers].some(
    (name) => name === layerOf(target) || `${name}.ts` === target,
  );
  return isAllowed ? undefined : `may not import ${target}`;
}

function packageFault({ path, layer, name }: { path: string; layer: Layer; name: string }): string | undefined {
  const from = packageOf(name);
  const isFree = from.startsWith('node:') && layerOf(path) !== 'core' && !GUARDED_BUILTINS.includes(from);
  if (!isFree && !layer.packages.includes(from)) return `may not import ${name}`;
  if (from === CLIENT.package && !CLIENT.home.test(path)) return `may not import ${name}: only the demo may`;
  return undefined;
}

/** Cycles between files, of types too. */
function cycleFaults(sources: Sources): Faults {
  const faults: Faults = [];
  const done = new Set<string>();
  const visit = (path: string, way: string[]): void => {
    if (way.includes(path)) faults.push(`cycle: ${[...way.slice(way.indexOf(path)), path].join(' → ')}`);
    if (way.includes(path) || done.has(path)) return;
    for (const name of importsOf(path, sources[path] ?? '')) {
      if (name.startsWith('.')) visit(fileOf(path, name, sources), [...way, path]);
    }
    done.add(path);
  };
  for (const path of Object.keys(sources)) visit(path, []);
  return faults;
}

function styleFaults(sources: Sources): Faults {
  return Object.entries(sources).flatMap(([path, text]) => {
    const file = parse(path, text);
    const lines = codeLines(file);
    return [
      path.split('/').every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.tsx?)?$/.test(part)) ? '' : 'not kebab-case',
      file.statements.some(isDefaultExport) ? 'default export' : '',
      isBarrel(file) ? 'only passes on what others export' : '',
      lines > MAX_LINES ? `${lines} lines of code, over ${MAX_LINES}` : '',
    ].flatMap((fault) => (fault ? [`${path}: ${fault}`] : []));
  });
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
    return statement.exportClause.elements.some((element) => element.name.text === 'default');
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true;
}

function isBarrel(file: ts.SourceFile): boolean {
  const rest = file.statements.filter((statement) => !ts.isImportDeclaration(statement));
  return rest.length > 0 && rest.every((statement) => ts.isExportDeclaration(statement));
}

/** Lines that are neither blank nor comment alone. */
function codeLines(file: ts.SourceFile): number {
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const parts = node.getChildren(file);
    for (const part of parts) visit(part);
    if (parts.length > 0 || node.getWidth(file) === 0) return;
    const last = file.getLineAndCharacterOfPosition(node.end).line;
    for (let line = file.getLineAndCharacterOfPosition(node.getStart(file)).line; line <= last; line++) lines.add(line);
  };
  visit(file);
  return lines.size;
}

function topLevelFaults(paths: string[]): Faults {
  const names = new Set(paths.map((path) => path.split('/')[0]!));
  return [...names].filter((name) => !TOP_LEVEL.includes(name));
}

describe('the sources', () => {
  const sources = realSources();

  test('keep to the layers and homes of the table', () => {
    expect(Object.keys(sources)).not.toEqual([]);
    expect(importFaults(sources)).toEqual([]);
  });
  test('have no cycle of imports', () => {
    expect(cycleFaults(sources)).toEqual([]);
  });
  test('keep to names, exports and length', () => {
    expect(styleFaults(sources)).toEqual([]);
  });
  test.skipIf(!existsSync(join(root, '.git')))('have no neighbours at top level but the known ones', () => {
    const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
    expect(topLevelFaults(paths.trim().split('\n'))).toEqual([]);
  });
});

describe('the package', () => {
  const { dependencies, devDependencies, engines } = readJson('package.json');

  test('has every dependency in the table, and no other', () => {
    const homes = Object.values(LAYERS).flatMap(({ packages }) => packages);
    const known = new Set(homes.filter((name) => !name.startsWith('node:')));
    expect(Object.keys(dependencies).sort()).toEqual([...known].sort());
  });
  test('locks every version, and names no place to get it from', () => {
    for (const version of Object.values({ ...dependencies, ...devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/);
    }
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
  });
  test('asks for the same Node in its two places', () => {
    const [, major, minor] = /needed = \[(\d+), (\d+)\]/.exec(readFileSync(join(root, 'bin/vouchsafe.js'), 'utf8'))!;
    expect(engines.node).toBe(`>=${major!}.${minor!}`);
  });
});

/** Each check must be able to fail: what it says of a few lines that break the rule. */
describe('the checks', () => {
  const others = {
    'core/a.ts': 'export const a = 1;',
    'store/b.ts': 'export const b = 1;',
    'gate/open.ts': '',
    'gate/c.ts': '',
    'console/page.tsx': '',
  };
  const importing = (path: string, text: string) => importFaults({ ...others, [path]: text });

  test.each([
    ['cli/x.ts', `import { b } from '../store/b.js';`, 'may not import store/b.ts'],
    ['cli/x.ts', `import type { b } from '../store/b.js';`, 'may not import store/b.ts'],
    ['mcp/x.ts', `export { b } from '../store/b.js';`, 'may not import store/b.ts'],
    ['tools/x.ts', `await import('../store/b.js');`, 'may not import store/b.ts'],
    ['tools/x.ts', 'await import(`../store/b.js`);', 'may not import store/b.ts'],
    ['tools/x.ts', 'await import(name);', 'may not import computed: name'],
    ['tools/x.ts', `let b: import('../store/b.js').B;`, 'may not import store/b.ts'],
    ['tools/x.ts', `import b = require('../store/b.js');`, 'may not import store/b.ts'],
    ['tools/x.ts', `const b = require('../store/b.js');`, 'may not import store/b.ts'],
    ['core/x.ts', `import '../gate/c.js';`, 'may not import gate/c.ts'],
    ['bin/x.ts', `import '../gate/c.js';`, 'may not import gate/c.ts'],
    ['bin/x.ts', `import '../store/b.js';`, 'may not import store/b.ts'],
    ['console/x.tsx', `const a = <b>{import('../store/b.js')}</b>;`, 'may not import store/b.ts'],
    ['log.ts', `import './gate/c.js';`, 'may not import gate/c.ts'],
    ['gate/x.ts', `import '../core/gone.js';`, 'imports core/gone.ts, which is not there'],
    ['gate/x.ts', `import Database from 'better-sqlite3';`, 'may not import better-sqlite3'],
    ['gate/x.ts', `import 'node:crypto';`, 'may not import node:crypto'],
    ['store/x.ts', `import 'node:sqlite';`, 'may not import node:sqlite'],
    ['store/x.ts', `import 'fs';`, 'may not import fs'],
    ['core/x.ts', `import 'node:path';`, 'may not import node:path'],
    ['cli/x.ts', `import '@modelcontextprotocol/server/stdio';`, 'may not import @modelcontextprotocol/server/stdio'],
    [
      'cli/x.ts',
      `import '@modelcontextprotocol/client';`,
      'may not import @modelcontextprotocol/client: only the demo may',
    ],
    ['helper/x.ts', '', 'not in a known layer'],
  ])('refuse in %s: %s', (path, text, fault) => {
    expect(importing(path, text)).toEqual([`${path}: ${fault}`]);
  });

  test.each([
    ['gate/x.ts', `import { b } from '../store/b.js'; import 'node:path'; import './c.js';`],
    ['bin/x.ts', `import '../gate/open.js';`],
    ['console/x.tsx', `import { Page } from './page.js'; export const a = <b>it's</b>;`],
    ['crypto/x.ts', `import 'node:crypto'; import '../core/a.js'; import '@zxcvbn-ts/core';`],
    ['mcp/x.ts', `import '@modelcontextprotocol/server/stdio'; import '../gate/c.js';`],
    ['cli/commands/demo.ts', `import '@modelcontextprotocol/client/stdio'; // import '../store/b.js'`],
  ])('allow in %s: %s', (path, text) => {
    expect(importing(path, text)).toEqual([]);
  });

  test('find a cycle, of types too', () => {
    const sources = {
      'core/a.ts': `import './b.js'`,
      'core/b.ts': `import type { C } from './c.js'`,
      'core/c.ts': `import './a.js'`,
    };
    expect(cycleFaults(sources)).toEqual(['cycle: core/a.ts → core/b.ts → core/c.ts → core/a.ts']);
    expect(
      cycleFaults({ 'core/a.ts': `import './b.js'; import './c.js'`, 'core/b.ts': `import './c.js'`, 'core/c.ts': '' }),
    ).toEqual([]);
  });

  test.each([
    ['core/camelCase.ts', '', 'not kebab-case'],
    ['core/a.ts', 'export default 1;', 'default export'],
    ['console/a.tsx', 'export default <p>1</p>;', 'default export'],
    ['core/a.ts', 'export default function f() {}', 'default export'],
    ['core/a.ts', 'const a = 1; export { a as default };', 'default export'],
    ['core/a.ts', `export * from './b.js';`, 'only passes on what others export'],
    ['core/a.ts', `import { b } from './b.js'; export { b };`, 'only passes on what others export'],
    ['core/a.ts', 'f();\n'.repeat(251), '251 lines of code, over 250'],
    ['core/a.ts', `const a = \`${'x\n'.repeat(250)}\`;`, '251 lines of code, over 250'],
  ])('refuse of %s: %s', (path, text, fault) => {
    expect(styleFaults({ [path]: text })).toEqual([`${path}: ${fault}`]);
  });

  test('do not count blank lines and comments', () => {
    expect(styleFaults({ 'core/a.ts': '/**\n * A\n */\nf();\n// b\n\n'.repeat(250) })).toEqual([]);
  });
  test('find a stranger at top level', () => {
    expect(topLevelFaults(['src/core/a.ts', 'notes.txt', 'lib/x.ts'])).toEqual(['notes.txt', 'lib']);
  });
});
