// What the packages say of themselves, filled in from what the project has once. Reads files, and writes none.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Whose name stands in server.json until there is a publisher: `.invalid` is nobody's, by RFC 2606. */
export const UNPUBLISHED = 'invalid.unpublished/vouchsafe';

export const readText = (path) => readFileSync(join(root, path), 'utf8');
export const readJson = (path) => JSON.parse(readText(path));

/** The address of the repository for people and for git, or undefined while package.json names none. */
export function repositoryOf({ repository }) {
  const url = typeof repository === 'string' ? repository : repository?.url;
  return url?.replace(/^git\+/, '').replace(/\.git$/, '');
}

/** The manifest of the MCPB bundle: the one in packaging/, with what only the build knows. `tools` are of the catalogue. */
export function bundleManifest(pkg, tools) {
  const url = repositoryOf(pkg);
  return {
    ...readJson('packaging/mcpb/manifest.json'),
    ...(url === undefined ? {} : { repository: { type: 'git', url } }),
    tools: tools.map(({ name, description }) => ({ name, description })),
  };
}

/**
 * server.json for the registry of MCP: with the publisher's name and repository where package.json has them (`mcpName`,
 * `repository`), and then with the bundle that stands beside a release.
 */
export function registryEntry(pkg, bundleSha256) {
  const entry = readJson('packaging/server.json');
  const url = repositoryOf(pkg);
  const name = pkg.mcpName ?? entry.name;
  if (url === undefined) return { ...entry, name };
  const source = /^https:\/\/(github|gitlab)\.com\//.exec(url)?.[1];
  if (source === undefined) return { ...entry, name };
  const { $schema, title, description, version, packages } = entry;
  const repository = { url, source };
  const all = source === 'github' ? [...packages, releasedBundle(url, version, bundleSha256)] : packages;
  return { $schema, name, title, description, repository, version, packages: all };
}

/** The bundle as a file of a release on GitHub. */
function releasedBundle(url, version, fileSha256) {
  const identifier = `${url}/releases/download/v${version}/${bundleName(version)}`;
  return { registryType: 'mcpb', identifier, fileSha256, transport: { type: 'stdio' } };
}

export const bundleName = (version) => `vouchsafe-${version}.mcpb`;

const WHO = 'You are `{{name}}`. ';
const ACCESS = '- what the owner granted to your token: `whoami` lists it';

/** The skill of the plugin: the instructions as a skill, for an agent of which nothing is known yet. */
export function pluginSkill() {
  const body = readText('agent-instructions/body.md').trimEnd();
  if (!body.includes(WHO)) throw new Error('agent-instructions/body.md does not say whom it is for as it did');
  const values = { body: body.replace(WHO, ''), access: ACCESS };
  const fill = (text) => text.replace(/\{\{(\w+)\}\}/g, (whole, key) => values[key] ?? whole);
  return fill(fill(readText('agent-instructions/skill.md'))).replace(/^<!-- vouchsafe:(begin|end) -->\n/gm, '');
}
