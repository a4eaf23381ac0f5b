/** What the build writes into dist/program, which is what `vouchsafe` runs. */
import { spawnSync } from 'node:child_process';
import { isBuiltin } from 'node:module';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { PROGRAM } from '../support/processes.js';
import { makeSafe } from '../support/safe.js';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'dist', 'program');
const files = readdirSync(folder);
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
const modules = files.filter((name) => name.endsWith('.js')).map((name) => ({ name, text: textOf(name) }));

/** What stays apart from it, with all that it needs. */
const APART = /^node_modules\/(argon2|better-sqlite3|@phc\/format|node-gyp-build|openpgp)\//;

/** The files that a command loads, below the root. */
function loadedBy(...words: readonly string[]): string[] {
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => (url.startsWith('file:') && console.error('loads ' + url), next(url, context)) });`;
  const args = [`--import=data:text/javascript,${encodeURIComponent(hooks)}`, '--', PROGRAM, ...words];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status).toBe(0);
  const prefix = `loads file://${root}/`;
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('loads '))
    .map((line) => {
      expect(line.slice(0, prefix.length)).toBe(prefix);
      return line.slice(prefix.length);
    });
}

test.each(['--help', '--version', 'password generate --words 4'])(
  '`%s` runs it, and nothing else of ours or of packages',
  (line) => {
    const loaded = loadedBy(...line.split(' '));
    expect(loaded).toContain('bin/vouchsafe.js');
    expect(loaded).toContain('dist/program/vouchsafe.js');
    const others = loaded.filter((path) => path !== 'bin/vouchsafe.js' && !path.startsWith('dist/program/'));
    expect(others.filter((path) => !APART.test(path))).toEqual([]);
  },
);

test('help loads the shell’s file alone', () => {
  expect(loadedBy('--help')).toHaveLength(3);
});

test('it names no path of the machine that it was built on', () => {
  const paths = [root, homedir()].filter((path) => path !== '/').map((path) => path.replace(/[^\w/]/g, '\\$&'));
  // A part of a longer path, as in `name/src/`, is none.
  const ofMachine = new RegExp(`(?<![\\w.@-])(?:${paths.join('|')})/`);
  expect(`{"${root}/x"}`).toMatch(ofMachine);
  for (const name of files) expect([name, ofMachine.exec(textOf(name))?.[0]]).toEqual([name, undefined]);
});

test('whatever it finds by its own place is there', () => {
  const named = modules.flatMap(({ text }) =>
    [...text.matchAll(/new URL\("(\.[^"]+)", import\.meta\.url\)/g)].map(([, path]) => path!),
  );
  const started = named.filter((path) => /^\.\/[\w-]+\.js$/.test(path));
  expect(started.sort()).toEqual(['./clipboard-clear.js', './log-worker.js']);
  for (const path of started) expect(files).toContain(path.slice(2));
  const nested = modules.flatMap(({ text }) =>
    [...text.matchAll(/new URL\("(\.[^"]+)", new URL\("([^"]+)", import\.meta\.url\)\)/g)].map(
      ([, path, from]) => new URL(path!, new URL(from!, `file://${folder}/any.js`)),
    ),
  );
  expect(nested.length).toBeGreaterThan(3);
  for (const url of nested) expect([url.pathname, existsSync(url)]).toEqual([url.pathname, true]);
});

test('nothing imports what is started: it would start it once more', () => {
  for (const { name, text } of modules)
    expect([name, /"\.\/(vouchsafe|log-worker|clipboard-clear)\.js";$/m.test(text)]).toEqual([name, false]);
});

test('the process that clears the clipboard starts, and does that alone', () => {
  const task = { tool: { copy: ['cat'], paste: ['echo', 'made up'], clear: ['true'] }, text: 'other', seconds: 0 };
  const args = [join(folder, 'clipboard-clear.js')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    input: JSON.stringify(task),
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});

test('a thread for a long log starts, and answers with the fault of a job that it cannot do', async () => {
  const safe = await makeSafe();
  const thread = new Worker(join(folder, 'log-worker.js'), {
    workerData: { file: safe.file, ground: { safeId: 'none', owner: null } },
    env: {},
  });
  try {
    const answer = await new Promise((resolve, reject) => {
      thread.once('message', resolve).once('error', reject);
      thread.postMessage({ id: 7, job: { kind: 'seqs', ask: { sealed: [], filter: null } } });
    });
    expect(answer).toEqual({ id: 7, error: expect.any(String) });
  } finally {
    await thread.terminate();
    await safe.end();
  }
});

test('it imports its own files, what comes with Node, and what stays apart', () => {
  for (const { name, text } of modules) {
    const imported = [...text.matchAll(/^(?:import|export) (?:[^"';]* from )?"([^"]+)";$/gm)].map(([, path]) => path!);
    const lazy = [...text.matchAll(/(?:\bimport|__require)\("([^"]+)"\)/g)].map(([, path]) => path!);
    const strange = [...imported, ...lazy].filter((path) => {
      if (path.startsWith('./')) return !files.includes(path.slice(2));
      return !path.startsWith('node:') && !isBuiltin(path) && !/^(argon2|better-sqlite3|openpgp)$/.test(path);
    });
    expect([name, strange]).toEqual([name, []]);
  }
});

test('a module of Node’s is loaded as it is, without the rest that an import of it brings', () => {
  for (const { name, text } of modules)
    expect([name, text.match(/^import (?!\* as ).* from "node:[^"]+";$/gm)]).toEqual([name, null]);
});

test('it says whose code it holds, under what licence, with the text', () => {
  const notices = textOf('THIRD-PARTY-NOTICES.txt');
  const packages = JSON.parse(textOf('packages.json')) as { name: string; version: string; license: string }[];
  const names = packages.map(({ name }) => name);
  expect(names).toContain('zod');
  expect(names).not.toContain('openpgp');
  const parts = notices.split(`\n\n${'-'.repeat(80)}\n\n`).slice(1);
  expect(parts.map((part) => part.split('\n')[0])).toEqual(
    packages.map(({ name, version, license }) => `${name} ${version} (${license})`),
  );
  for (const part of parts) expect(part).toMatch(/Permission|Apache License|Redistribution/);
});
