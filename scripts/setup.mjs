// Makes a checkout ready to run: packages, a Node that is new enough, and the compiled program, each only if it is
// missing or stale. `node scripts/setup.mjs` does it all. Plain JavaScript without a dependency, as it runs first, and
// under whatever Node there is (18 or newer). It speaks on stderr alone: stdout belongs to the program.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const modules = join(root, 'node_modules');
const ownNode = join(modules, '.bin', 'node');
const source = join(root, 'src');
const dist = join(root, 'dist');
const program = join(dist, 'program');
const stamp = join(dist, '.source-hash');
const lock = join(dist, '.setup-lock');
/** It stands in the bundle, so that it is there with it or not at all. */
const bundleStamp = join(program, '.source-hash');
/** The one that bundles, and what it is made of. */
const BUNDLERS = ['bundle.mjs', 'notices.mjs'].map((name) => join(root, 'scripts', name));
const LOCK_WAIT_MS = 10 * 60_000;
// NODE_ENV=production would leave the compiler out; and an old Node is warned of every package that is not for it.
const quietly = ['--ignore-scripts', '--include=dev', '--loglevel=error'];

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What went wrong, for people: printed without a stack. */
class SetUpError extends Error {}

/** Does what is missing and returns the path of the Node to go on with. */
export async function setUp({ build = true } = {}) {
  if (!isReady(build)) await whileLocked(() => makeReady(build));
  return nodePath();
}

function isReady(build) {
  return hasPackages() && nodePath() !== undefined && (!build || isBuilt());
}

function isBuilt() {
  const hash = sourceHash();
  return readIf(stamp) === hash && readIf(bundleStamp) === bundleHash(hash);
}

async function makeReady(build) {
  if (!hasPackages()) {
    await step('installing packages', 'npm', ['ci', ...quietly]);
  }
  if (!nodePath()) await addNode();
  if (!build) return;
  const hash = sourceHash();
  if (readIf(stamp) !== hash) await compile(hash);
  if (readIf(bundleStamp) !== bundleHash(hash)) {
    await step('bundling', nodePath(), [BUNDLERS[0], bundleHash(hash)]);
  }
}

/** Puts the Node that is among the packages to work, and has npm add what it left out as not fit for the old one. */
async function addNode() {
  const { devDependencies } = readJson(join(root, 'package.json'));
  await step(`adding Node ${devDependencies.node}`, 'npm', ['rebuild', 'node', '--ignore-scripts=false']);
  if (!nodePath()) {
    throw new SetUpError(`needs Node ${neededNode().join('.')} or newer, and this is Node ${process.versions.node}`);
  }
  await step('completing the packages', 'npm', ['install', '--no-save', ...quietly]);
}

async function compile(hash) {
  fs.rmSync(stamp, { force: true });
  await step('compiling', nodePath(), [join(modules, 'typescript', 'bin', 'tsc'), '--noEmitOnError', '-p', root]);
  removeOrphans();
  await step('writing grammar and man pages', nodePath(), [join(dist, 'bin', 'reference.js')]);
  fs.writeFileSync(stamp, hash);
}

/** A file whose source is gone must not be packed, nor found by an import that should fail. */
function removeOrphans() {
  for (const file of filesIn(dist).filter((one) => !one.startsWith(program))) {
    const stem = join(source, relative(dist, file).replace(/\.js(\.map)?$/, ''));
    const hasSource = ['.ts', '.tsx'].some((ending) => fs.existsSync(stem + ending));
    if (/\.js(\.map)?$/.test(file) && !hasSource) fs.rmSync(file);
  }
}

/** Whether node_modules holds what package-lock.json says: npm writes its own copy there when it has finished. */
function hasPackages() {
  const installed = readIf(join(modules, '.package-lock.json'));
  if (installed === undefined) return false;
  const there = JSON.parse(installed).packages;
  return Object.entries(readJson(join(root, 'package-lock.json')).packages).every(([path, wanted]) => {
    if (path === '') return true;
    const found = there[path];
    // Packages for other platforms are optional and not there.
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/** This Node if it is new enough, else the one among the packages; undefined if neither is there. */
function nodePath() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [neededMajor, neededMinor] = neededNode();
  const isNewEnough = major > neededMajor || (major === neededMajor && minor >= neededMinor);
  // npm puts node_modules/.bin first, so "this Node" may be the one that `npm ci` has just removed.
  if (isNewEnough && fs.existsSync(process.execPath)) return process.execPath;
  return fs.existsSync(ownNode) ? ownNode : undefined;
}

function neededNode() {
  return readJson(join(root, 'package.json')).engines.node.match(/\d+/g).map(Number);
}

function sourceHash() {
  return hashOf([join(root, 'tsconfig.json'), join(root, 'package-lock.json'), ...filesIn(source).sort()]);
}

/** Of what was compiled, and of how it is bundled. */
function bundleHash(compiled) {
  return createHash('sha256').update(compiled).update(hashOf(BUNDLERS)).digest('hex');
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${relative(root, file)}\0${fs.readFileSync(file, 'utf8')}\0`);
  return hash.digest('hex');
}

function filesIn(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

function readIf(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Lets one set-up at a time work in this folder; the others wait, and find the work done. */
async function whileLocked(work) {
  fs.mkdirSync(dist, { recursive: true });
  const giveUpAt = Date.now() + LOCK_WAIT_MS;
  while (!takeLock()) {
    if (Date.now() > giveUpAt) throw new SetUpError(`another set-up is at work here; if not, remove ${lock}`);
    breakStaleLock();
    await sleep(200);
  }
  try {
    await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function takeLock() {
  const mine = `${lock}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lock); // Fails if it is there; and it is never there without its process id.
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

/** Removes the lock of a process that is gone. The rename lets only one waiter do it. */
function breakStaleLock() {
  const owner = readIf(lock);
  if (owner === undefined || isAlive(Number(owner))) return;
  const taken = `${lock}.${process.pid}`;
  try {
    fs.renameSync(lock, taken);
    // Another waiter may have been quicker, and this be its fresh lock: then it goes back.
    if (readIf(taken) !== owner) fs.linkSync(taken, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  fs.rmSync(taken, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs one step with a line of its own on stderr; what it printed is shown only if it fails. */
async function step(title, command, args) {
  const started = Date.now();
  const env = { ...process.env, PATH: `${join(modules, '.bin')}${delimiter}${process.env.PATH}` };
  process.stderr.write(`set-up: ${title} …`);
  const { code, signal, output } = await run(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  process.stderr.write(` ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  if (signal) process.kill(process.pid, signal);
  if (code !== 0) throw new SetUpError(`${title} failed\n${output}`);
}

/** Runs a program, passing signals on to it, until it ends. */
export function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => {
      // A terminal sends Ctrl-C to the child as well, which must not get it twice.
      const handler = () => void (name === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(name));
      process.on(name, handler);
      return () => process.off(name, handler);
    });
    const finish = (settle) => {
      for (const remove of handlers) remove();
      settle();
    };
    child.on('error', (error) => finish(() => reject(new SetUpError(`${command}: ${error.message}`))));
    child.on('close', (code, signal) => finish(() => resolve({ code, signal, output })));
  });
}

process.on('uncaughtException', (error) => {
  process.stderr.write(`set-up: ${error instanceof SetUpError ? error.message.trimEnd() : error.stack}\n`);
  process.exit(1);
});

if (import.meta.url === pathToFileURL(process.argv[1]).href) await setUp();
