// The program with all that it needs to run, in one folder: what is in the npm package, and the packages that it uses. No
// registry is asked: the packages are those of this checkout, which are those of the lock.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
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

/** Packs the npm package into a folder, from the dist/ that is there; the path of the file. */
export function packNpm(folder) {
  const { name, version } = readJson('package.json');
  runNpm('pack', '--silent', '--ignore-scripts', '--pack-destination', folder);
  return join(folder, `${name}-${version}.tgz`);
}

/** Paths in node_modules of what the program needs at run time, by the lock. */
export function runtimePackages(lock) {
  const isNeeded = ([path, entry]) => path !== '' && !entry.dev && !entry.devOptional && !entry.optional;
  return Object.entries(lock.packages)
    .filter(isNeeded)
    .map(([path]) => path);
}

/** Of a package, what no program reads at run time: types, sources that were compiled, notes. Licences stay. */
const isLeftOut = (path) =>
  /\.(map|[cm]?ts|c|cc|cpp|h|hpp|gypi?|md|markdown|flow)$/i.test(path) && !/licen[cs]e|notice/i.test(path);

/** Puts the program into a folder that is not there yet: the npm package's files, and node_modules. */
export function stageProgram(tarball, folder) {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  const paths = runtimePackages(readJson('package-lock.json'));
  for (const path of paths) copyPackage(path, folder);
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
