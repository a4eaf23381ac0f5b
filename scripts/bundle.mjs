// The program as few files: what the compiler wrote in dist/, with the packages that it uses, in dist/program/. So a start
// reads some files where it would read hundreds. What is imported only when it is needed still is, as a file of its own.
// node scripts/bundle.mjs STAMP: STAMP is kept in the bundle, and says what it was made of; scripts/setup.mjs gives it.
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bundledPackages, noticesOf } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const program = join(dist, 'program');

/** What is started by its path: the program itself, a process of its own, and threads. */
const ENTRIES = {
  vouchsafe: join(dist, 'bin', 'vouchsafe.js'),
  'clipboard-clear': join(dist, 'cli', 'clipboard-clear.js'),
  'log-worker': join(dist, 'gate', 'log-worker.js'),
};

/**
 * Packages that stay apart: those with code that was compiled for a machine, which lies in files that they find by where they
 * lie themselves; and openpgp, whose licence (LGPL) asks that another version can be put in its place.
 */
const APART = /^(argon2|better-sqlite3|openpgp)(\/|$)/;

/** The owner's door, with what most of its commands ask of it. */
const OWNER = ['gate/open.js', 'gate/owner-items.js', 'gate/owner-vaults.js'];

/**
 * What most starts load: for a shell that asks, for names that it asks for, for a command, for a server of an agent, for one
 * that passes on, and for the process that clears the clipboard. Modules that the same of them load at once are one file; all others are cut by what imports them.
 */
const STARTS = {
  shell: ['bin/vouchsafe.js', 'cli/completion/completion.js'],
  names: ['cli/completion/live-names.js', ...OWNER],
  command: ['bin/command.js', 'cli/program.js', 'cli/commands/item.js', 'gate/settings.js', ...OWNER],
  agent: ['gate/open-agent.js'],
  mcp: ['cli/mcp-server.js', 'mcp/stdio.js'],
  shim: ['mcp/shim/shim.js'],
  clipboard: ['cli/clipboard-clear.js'],
};

/** The name of the file for each module that a start loads at once, by its id. */
function filesOfStarts(moduleInfo) {
  const startsOf = new Map();
  const visit = (id, start) => {
    const info = moduleInfo(id);
    const starts = startsOf.get(id) ?? new Set();
    if (info === null || starts.has(start)) return;
    startsOf.set(id, starts.add(start));
    for (const imported of info.importedIds) visit(imported, start);
  };
  for (const [start, roots] of Object.entries(STARTS)) {
    for (const path of roots) {
      if (moduleInfo(join(dist, path)) === null) throw new Error(`there is no dist/${path}, which a start begins with`);
      visit(join(dist, path), start);
    }
  }
  // What is started is a file of its own: whoever imports something of it would start it. Packages are cut by their use.
  const isCut = ([id]) => !Object.values(ENTRIES).includes(id) && id.startsWith(dist);
  return new Map([...startsOf].filter(isCut).map(([id, starts]) => [id, fileOf(starts)]));
}

/** Every start begins with the shell's, and that over MCP with an agent's. */
function fileOf(starts) {
  if (starts.has('shell')) return 'shell';
  if (starts.size > 1 && starts.delete('mcp')) starts.add('agent');
  return Object.keys(STARTS)
    .filter((start) => starts.has(start))
    .join('-');
}

const fromProgram = (path) => JSON.stringify(relative(program, path).replaceAll('\\', '/'));

/**
 * Our modules find files by where they lie themselves. In the bundle they lie elsewhere, so they are told where they would
 * lie in dist/. What they start is an entry, and found beside them.
 */
function keepPlaces(code, id) {
  if (!id.startsWith(dist) || !code.includes('import.meta')) return null;
  const started = code.replace(/new URL\('([^']+\.js)', import\.meta\.url\)/g, (whole, path) => {
    const target = join(dirname(id), path);
    if (!target.startsWith(dist)) return whole;
    const entry = Object.keys(ENTRIES).find((name) => ENTRIES[name] === target);
    if (entry === undefined) throw new Error(`${relative(root, id)} starts ${path}, which is no entry of the bundle`);
    return `new URL('./${entry}.js', import.meta.own)`;
  });
  const moved = started
    .replaceAll('import.meta.url', `new URL(${fromProgram(id)}, import.meta.own)`)
    .replaceAll('import.meta.dirname', `pathOfPlace(new URL(${fromProgram(dirname(id))}, import.meta.own))`)
    .replaceAll('import.meta.own', 'import.meta.url');
  if (!moved.includes('pathOfPlace(')) return moved;
  return `import { fileURLToPath as pathOfPlace } from 'node:url';\n${moved}`;
}

/** Functions that few runs call, in modules of Node's that take their time to load: loaded by the call. */
const LATER = {
  'node:child_process': ['spawn', 'spawnSync'],
  'node:readline': ['createInterface'],
  'node:zlib': ['crc32'],
};

const isLater = (module, name) => LATER[module]?.includes(name) === true;

/**
 * An `import` of a module of Node's makes a list of all that it exports, and loads for it what nobody asked for: of
 * `node:http` all that `fetch` is made of. Taken by its name, it is loaded as it is.
 */
function takeBuiltins(code) {
  const pattern = /^import (?:([\w$]+)(?:, )?)?(?:\{ ([^}]*) \})? from "(node:[\w/]+)";$/gm;
  return code.replace(pattern, (_whole, all, some, module) => {
    const found = `globalThis.process.getBuiltinModule("${module}")`;
    const lines = all === undefined ? [] : [`const ${all} = ${found};`];
    const names = (some ?? '').split(', ').filter((name) => name !== '');
    const [later, now] = [true, false].map((is) => names.filter((name) => isLater(module, name) === is));
    for (const name of later) lines.push(`const ${name} = (...args) => ${found}.${name}(...args);`);
    if (now.length > 0) lines.push(`const { ${now.join(', ').replaceAll(' as ', ': ')} } = ${found};`);
    return lines.join(' ');
  });
}

function readProgram() {
  return rolldown({
    input: ENTRIES,
    cwd: root,
    platform: 'node',
    external: APART,
    resolve: { mainFields: ['module', 'main'], symlinks: false },
    plugins: [{ name: 'vouchsafe', transform: keepPlaces, renderChunk: takeBuiltins }],
    // A module that is imported at once in one place may well be imported when needed in another.
    checks: { ineffectiveDynamicImport: false },
    preserveEntrySignatures: 'allow-extension',
    experimental: { chunkOptimization: { mergeCommonChunks: false, avoidRedundantChunkLoads: true } },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
}

async function writeInto(folder) {
  const bundle = await readProgram();
  let files;
  const name = (id, context) => (files ??= filesOfStarts((one) => context.getModuleInfo(one))).get(id) ?? null;
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    minifyInternalExports: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: [{ name, debugName: 'starts' }], includeDependenciesRecursively: false },
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  await bundle.close();
  const ids = output.flatMap(({ modules = {} }) =>
    Object.entries(modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : [])),
  );
  const packages = bundledPackages(ids);
  writeFileSync(join(folder, 'packages.json'), `${JSON.stringify(packages, null, 2)}\n`);
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), noticesOf(packages));
}

/** Writes the bundle beside its place, then puts it there: it is whole, or not there. */
async function main(stamp) {
  for (const name of readdirSync(dist).filter((one) => one.startsWith('program-')))
    rmSync(join(dist, name), { recursive: true });
  const folder = mkdtempSync(join(dist, 'program-'));
  try {
    await writeInto(folder);
    writeFileSync(join(folder, '.source-hash'), stamp);
    chmodSync(folder, 0o755);
    if (existsSync(program)) renameSync(program, `${folder}-before`);
    renameSync(folder, program);
  } finally {
    for (const rest of [folder, `${folder}-before`]) rmSync(rest, { recursive: true, force: true });
  }
}

await main(process.argv[2]);
