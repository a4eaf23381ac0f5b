// The program with all that it needs to run, in one folder: what is in the npm package, and the packages that it uses. No
// registry is asked: the packages are those of this checkout, which are those of the lock.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, root } from './manifests.mjs';

/** The npm that runs this, if one does. */
const npm = () => {
  const own = process.env.npm_execpath;
  return own === undefined ? ['npm'] : [process.execPath, own];
};

/** What npm printed; its messages go to stderr. Throws where it failed. */
export function runNpm(...args) {
  const [command, ...first] = npm();
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] };
  return execFileSync(command, [...first, ...args], options);
}

/** The manifest as it is packed: of its dependencies, those that are not in the bundle are to be installed beside it. */
export function packedManifest(manifest, bundled) {
  const inside = new Set(bundled.map(({ path }) => path));
  const beside = Object.entries(manifest.dependencies).filter(([name]) => !inside.has(`node_modules/${name}`));
  return { ...manifest, dependencies: Object.fromEntries(beside) };
}

/** Packs the npm package into a folder, from the dist/ that is there; the path of the file. */
export function packNpm(folder) {
  const { name, version } = readJson('package.json');
  const pack = (from, to) => runNpm('pack', from, '--silent', '--ignore-scripts', '--pack-destination', to);
  const staging = mkdtempSync(join(tmpdir(), 'vouchsafe-pack-'));
  try {
    pack(root, staging);
    unpack(join(staging, `${name}-${version}.tgz`), join(staging, 'package'));
    const manifest = join(staging, 'package', 'package.json');
    const packed = packedManifest(JSON.parse(readFileSync(manifest, 'utf8')), readJson('dist/program/packages.json'));
    writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`);
    pack(join(staging, 'package'), folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return join(folder, `${name}-${version}.tgz`);
}

function unpack(tarball, folder) {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
}

/** Paths in node_modules of what the program is made of at run time, by the lock. */
export function runtimePackages(lock) {
  const isNeeded = ([path, entry]) => path !== '' && !entry.dev && !entry.devOptional && !entry.optional;
  return Object.entries(lock.packages)
    .filter(isNeeded)
    .map(([path]) => path);
}

/** Paths in node_modules of these packages and of all that they need, by the lock. */
export function packagesWith(lock, names) {
  const found = new Set();
  const visit = (name, from) => {
    const path = nearest(lock, name, from);
    if (found.has(path)) return;
    found.add(path);
    for (const needed of Object.keys(lock.packages[path].dependencies ?? {})) visit(needed, path);
  };
  for (const name of names) visit(name, '');
  return [...found].sort();
}

/** Where Node finds a package that one at `from` imports: in its own node_modules, or in one further up. */
function nearest(lock, name, from) {
  const path = [from, 'node_modules', name].filter((part) => part !== '').join('/');
  if (path in lock.packages) return path;
  if (from === '') throw new Error(`the lock has no ${name}`);
  return nearest(lock, name, from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)));
}

/** Of a package, what no program reads at run time: types, sources that were compiled, notes. Licences stay. */
const isLeftOut = (path) =>
  /\.(map|[cm]?ts|c|cc|cpp|h|hpp|gypi?|md|markdown|flow)$/i.test(path) && !/licen[cs]e|notice/i.test(path);

/** Puts the program into a folder that is not there yet: the npm package's files, and node_modules. */
export function stageProgram(tarball, folder) {
  unpack(tarball, folder);
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const path of packagesWith(readJson('package-lock.json'), Object.keys(dependencies))) copyPackage(path, folder);
}

function copyPackage(path, folder) {
  const from = join(root, path);
  if (!existsSync(from)) throw new Error(`${path} is not there: run \`npm run build\``);
  const nested = join(from, 'node_modules');
  cpSync(from, join(folder, path), {
    recursive: true,
    filter: (source) => source !== nested && !isLeftOut(source.slice(from.length)),
  });
  // better-sqlite3 brings the source of SQLite as an archive of its own.
  rmSync(join(folder, path, 'deps'), { recursive: true, force: true });
}
