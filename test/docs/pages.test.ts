/** The pages hold together: links, tables, names and words. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { mayEver } from '../../src/core/policy.js';
import { ROLES } from '../../src/core/model.js';
import { QUALIFIERS } from '../../src/core/query.js';
import { SIGNALS } from '../../src/core/signals.js';
import { CATALOGUE } from '../../src/tools/catalogue.js';
import { codeWords, PAGES, prose, read, root, section, tableRows, TEMPLATES } from './pages.js';

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(root, 'src', path), 'utf8') }));

describe.each(PAGES)('%s', (page) => {
  test('links to what is there', () => {
    const links = [...read(page).matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    const relative = links.filter((link) => !/^https?:/.test(link));
    const gone = relative.filter((link) => !existsSync(join(root, dirname(page), link.split('#')[0]!)));
    expect(gone).toEqual([]);
  });

  test('calls what it links to by its name', () => {
    const named = [...read(page).matchAll(/\[([\w./-]+\.(?:md|ts|example))\]\(([^)]+)\)/g)];
    expect(named.flatMap(([, text, link]) => (text === link ? [] : [text]))).toEqual([]);
  });

  test('names files and folders that there are', () => {
    const paths = codeWords(read(page)).filter((word) =>
      /^(src|test|bin|scripts|bench|agent-instructions)\/[\w./-]*$/.test(word),
    );
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('names scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...read(page).matchAll(/npm run (?:--silent )?([a-z]+(?::[a-z]+)?)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** Words of a workshop, and those of a salesman. */
const UNWANTED =
  /\/work\b|\/tmp\b|\/root\b|\bTODO\b|\bFIXME\b|\bXXX\b|issues? #?\d|\bregistry\b|\bblazing|\bseamless|\bpowerful\b|\bsimply\b/i;

test.each([...PAGES, ...TEMPLATES, 'mcp.json.example'])('%s has no words that do not belong there', (page) => {
  expect(
    read(page)
      .split('\n')
      .filter((line) => UNWANTED.test(line)),
  ).toEqual([]);
  expect(prose(read(page))).not.toContain('!');
});

test('the README fits a quarter of an hour', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(250);
});

test('the README names the package as it is called', () => {
  const { version, engines } = JSON.parse(read('package.json'));
  const named = [...read('README.md').matchAll(/vouchsafe-(\d+\.\d+\.\d+)\.tgz/g)].map(([, found]) => found);
  expect(new Set(named)).toEqual(new Set([version]));
  expect(read('README.md')).toContain(`Node ${engines.node.replace('>=', '')} or newer`);
  expect(read('CHANGELOG.md')).toContain(`\n## ${version}\n`);
});

test('the table of tools is the catalogue, with the least role of each', () => {
  const told = tableRows(section('README.md', '## Tools')).map(([name, role]) => [codeWords(name!)[0], role]);
  const leastRole = (action: Parameters<typeof mayEver>[0]) => ROLES.find((role) => mayEver(action, null, role));
  expect(told).toEqual(
    CATALOGUE.map(({ name, action }) => [name, mayEver(action, [], 'viewer') ? 'any' : leastRole(action)]),
  );
});

test('the variables that the pages name are those that the program reads', () => {
  const variables = (text: string) => new Set(text.match(/\bVOUCHSAFE_[A-Z_]+\b/g));
  const known = variables(sources.map(({ text }) => text).join('\n'));
  expect([...variables(PAGES.map(read).join('\n'))].filter((name) => !known.has(name))).toEqual([]);
});

test('every setting is read somewhere', () => {
  const settings = read('src/gate/settings.ts');
  const names = [...settings.matchAll(/name: '([a-z]+\.[a-z_-]+)'/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(5);
  const timesRead = (name: string): number =>
    sources.map(({ text }) => text.split(`'${name}'`).length - 1).reduce((sum, count) => sum + count, 0);
  expect(names.filter((name) => timesRead(name) === 1)).toEqual([]);
});

describe('the architecture', () => {
  test('has the table of layers that the test guards', () => {
    const rows = tableRows(section('ARCHITECTURE.md', '## Layers'));
    const told = rows.map(([layer, layers, packages]) => [
      codeWords(layer!)[0]!,
      { layers: codeWords(layers!), packages: codeWords(packages!) },
    ]);
    expect(Object.fromEntries(told)).toEqual(guardedLayers());
  });

  test('has a reason for every dependency', () => {
    const { dependencies } = JSON.parse(read('package.json'));
    const rows = tableRows(section('ARCHITECTURE.md', '### 2. Each dependency and why'));
    expect(rows.flatMap(([names]) => codeWords(names!)).sort()).toEqual(Object.keys(dependencies).sort());
    for (const [, why] of rows) expect(why).not.toBe('');
  });

  test('says rightly which files the MCP package is in', () => {
    const users = sources.filter(({ text }) => text.includes(`'@modelcontextprotocol/server`)).map(({ path }) => path);
    const told = codeWords(section('ARCHITECTURE.md', '### 1. The MCP SDK: the v2 line, low-level server'));
    expect(
      told
        .filter((word) => word.endsWith('.ts'))
        .map((name) => (name.startsWith('serve/') ? name : `mcp/${name}`))
        .sort(),
    ).toEqual(users.sort());
  });
});

/** The literal in `test/architecture.test.ts`: objects, lists and strings. */
function guardedLayers(): unknown {
  const file = ts.createSourceFile('x.ts', read('test/architecture.test.ts'), ts.ScriptTarget.Latest, true);
  const declarations = file.statements
    .filter(ts.isVariableStatement)
    .flatMap((line) => [...line.declarationList.declarations]);
  return valueOf(declarations.find(({ name }) => name.getText() === 'LAYERS')!.initializer!);
}

function valueOf(node: ts.Expression): unknown {
  if (ts.isStringLiteral(node)) return node.text;
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(valueOf);
  if (!ts.isObjectLiteralExpression(node)) throw new Error(`not a plain value: ${node.getText()}`);
  const entries = node.properties.filter(ts.isPropertyAssignment);
  return Object.fromEntries(entries.map(({ name, initializer }) => [name.getText(), valueOf(initializer)]));
}

test('every file of the formats is named in SECURITY.md', () => {
  const named = section('SECURITY.md', '## Formats');
  // What is no format: sums, scores, decoys.
  const rest = ['bytes.ts', 'password-score.ts', 'decoy.ts', 'decoy-key.ts'];
  const files = readdirSync(join(root, 'src', 'crypto')).filter((file) => !rest.includes(file));
  expect(files.filter((file) => !named.includes(`(src/crypto/${file})`))).toEqual([]);
});

test('docs/log.md has every signal with its rule, and every term of the language', () => {
  const rules = tableRows(section('docs/log.md', '## Signals'));
  expect(rules.map(([signal]) => codeWords(signal!)[0])).toEqual([...SIGNALS]);
  for (const [, rule] of rules) expect(rule!.length).toBeGreaterThan(40);
  const terms = tableRows(section('docs/log.md', '## Asking')).flatMap(([term]) => codeWords(term!));
  expect(terms.filter((term) => term.endsWith(':')).sort()).toEqual(QUALIFIERS.map((name) => `${name}:`).sort());
});
