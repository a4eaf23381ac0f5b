// npm run package -- WHAT…
// Builds packages into release/: npm, mcpb, server-json, plugin, docker, sbom, or all of them with their checksums.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesIn, zipFolder } from './archive.mjs';
import { billOfMaterials } from './bill.mjs';
import { bundleManifest, bundleName, pluginSkill, readJson, registryEntry, root } from './manifests.mjs';
import { packNpm, stageProgram } from './program.mjs';

const release = join(root, 'release');
const packaging = (...parts) => join(root, 'packaging', ...parts);
const pkg = readJson('package.json');
const toJson = (value) => `${JSON.stringify(value, null, 2)}\n`;
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

const at = (name) => join(release, name);

function write(name, data) {
  mkdirSync(release, { recursive: true });
  writeFileSync(at(name), data);
  return at(name);
}

const tarball = () => at(`${pkg.name}-${pkg.version}.tgz`);

function buildNpm() {
  mkdirSync(release, { recursive: true });
  return packNpm(release);
}

/** Lets work go on in a temporary folder. */
async function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-package-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The program in `server/` of a folder. */
function stage(folder) {
  stageProgram(existsSync(tarball()) ? tarball() : buildNpm(), join(folder, 'server'));
}

function buildBundle() {
  return inFolder(async (folder) => {
    stage(folder);
    const { CATALOGUE } = await import(pathToFileURL(join(root, 'dist', 'tools', 'catalogue.js')).href);
    writeFileSync(join(folder, 'manifest.json'), toJson(bundleManifest(pkg, CATALOGUE)));
    cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
    return write(bundleName(pkg.version), zipFolder(folder));
  });
}

async function buildRegistryEntry() {
  const bundle = at(bundleName(pkg.version));
  if (!existsSync(bundle)) await buildBundle();
  return write('server.json', toJson(registryEntry(pkg, sha256(bundle))));
}

/** The plugin's skill is written anew in packaging/, so that the folder there is whole as it stands. */
function buildPlugin() {
  const skill = packaging('claude-plugin', 'skills', 'vouchsafe', 'SKILL.md');
  mkdirSync(dirname(skill), { recursive: true });
  writeFileSync(skill, pluginSkill());
  return write(`vouchsafe-claude-plugin-${pkg.version}.zip`, zipFolder(packaging('claude-plugin')));
}

function buildDocker() {
  return inFolder((folder) => {
    stage(folder);
    for (const name of ['Dockerfile', '.dockerignore', 'compose.yaml'])
      cpSync(packaging('docker', name), join(folder, name));
    return write(`vouchsafe-docker-${pkg.version}.zip`, zipFolder(folder));
  });
}

function buildSbom() {
  return write(`vouchsafe-${pkg.version}.cdx.json`, billOfMaterials());
}

const BUILDERS = {
  npm: buildNpm,
  mcpb: buildBundle,
  'server-json': buildRegistryEntry,
  plugin: buildPlugin,
  docker: buildDocker,
  sbom: buildSbom,
};

async function main(asked) {
  const isAll = asked.includes('all');
  const unknown = asked.filter((name) => name !== 'all' && !Object.hasOwn(BUILDERS, name));
  if (asked.length === 0 || unknown.length > 0) {
    process.stderr.write(`npm run package -- WHAT…; there are ${Object.keys(BUILDERS).join(', ')} and all\n`);
    return 2;
  }
  if (isAll) rmSync(release, { recursive: true, force: true });
  // What an older program was packed into is not taken for the others.
  else rmSync(tarball(), { force: true });
  for (const name of isAll ? Object.keys(BUILDERS) : asked) {
    process.stderr.write(`${name} …\n`);
    process.stdout.write(`release/${basename(await BUILDERS[name]())}\n`);
  }
  if (isAll) writeSums();
  return 0;
}

function writeSums() {
  const lines = filesIn(release).map((name) => `${sha256(at(name))}  ${name}\n`);
  writeFileSync(at('SHA256SUMS'), lines.join(''));
  process.stdout.write(`release/SHA256SUMS\n\n${lines.join('')}`);
}

process.exitCode = await main(process.argv.slice(2));
