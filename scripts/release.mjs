// npm run release -- VERSION [--dry-run] [--commit] [--publish]
// Sets the version in all its places, moves what the changelog says as unreleased under it, and builds all packages with
// their checksums. It commits and tags with --commit alone, and publishes with --publish alone.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJson, readText, root } from './manifests.mjs';
import { runNpm } from './program.mjs';
import { publishFaults, releaseFaults, releasedTexts } from './releasing.mjs';

const USAGE = 'npm run release -- VERSION [--dry-run] [--commit] [--publish]\n';

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const lines = (text) => text.split('\n').filter((line) => line !== '');
const say = (text) => process.stderr.write(`release: ${text}\n`);

function parseCommand(argv) {
  const isFlag = { type: 'boolean', default: false };
  const options = { 'dry-run': isFlag, commit: isFlag, publish: isFlag };
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
    return positionals.length === 1 ? { version: positionals[0], flags: values } : undefined;
  } catch {
    return undefined;
  }
}

/** What is there now: the answers of git, and the texts of the files that git knows. */
function project() {
  const paths = lines(git('ls-files'));
  return {
    pkg: readJson('package.json'),
    changes: lines(git('status', '--porcelain')),
    tags: lines(git('tag', '--list')),
    texts: (names) => Object.fromEntries(paths.filter(names).map((path) => [path, readText(path)])),
  };
}

const writeAll = (texts) => {
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(root, path), text);
};

/** Builds in a process of its own: this one has read the old version. The program is compiled anew first. */
function build() {
  execFileSync(process.execPath, ['scripts/run.mjs', 'scripts/package.mjs', 'all'], { cwd: root, stdio: 'inherit' });
}

function commit(version, paths) {
  git('add', '--', ...paths);
  git('commit', '--quiet', '--message', `Release ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `Vouchsafe ${version}`);
  say(`committed, with the tag v${version}; push both`);
}

function main(argv) {
  const command = parseCommand(argv);
  if (command === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { version, flags } = command;
  const now = project();
  const changelog = readText('CHANGELOG.md');
  const faults = [
    ...releaseFaults({ ...now, changelog }, version),
    ...(flags.publish ? publishFaults(now.pkg, process.env) : []),
    ...(flags.publish && !flags.commit ? ['--publish needs --commit: what is published has a tag'] : []),
  ];
  for (const fault of faults) say(fault);
  if (faults.length > 0) return 1;
  const { before, after } = releasedTexts(now, version, new Date().toISOString().slice(0, 10));
  for (const path of Object.keys(after)) say(`${flags['dry-run'] ? 'would change' : 'changes'} ${path}`);
  if (flags['dry-run']) return 0;
  writeAll(after);
  try {
    build();
  } catch (error) {
    writeAll(before);
    say('a package could not be built; all files are as they were');
    throw error;
  }
  if (flags.commit) commit(version, Object.keys(after));
  if (flags.publish) runNpm('publish', join(root, 'release', `vouchsafe-${version}.tgz`));
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  say(error.message.split('\n')[0]);
  process.exitCode = 1;
}
