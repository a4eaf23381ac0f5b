// Whose code the bundle holds, and under what licence: its text goes with the code.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const PACKAGE = /^node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/;

/** The packages that modules are of, by their paths in node_modules and in that order. */
export function bundledPackages(moduleIds) {
  const paths = moduleIds.flatMap((id) => PACKAGE.exec(relative(root, id).replaceAll('\\', '/'))?.[0] ?? []);
  return [...new Set(paths)].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    return { path, name, version, license };
  });
}

/** Licences that ask for no more than that their text goes with the code. */
const FREE = ['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** Texts of licences and notices in a package, as its authors wrote them. */
function textsOf({ path }) {
  return readdirSync(join(root, path))
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(root, path, file), 'utf8').trim());
}

/** What has to be said of each. Throws for a package under another licence, or without the text of its own. */
export function noticesOf(packages) {
  const parts = packages.map((one) => {
    if (!FREE.includes(one.license)) throw new Error(`${one.path} is under ${one.license}: it has to stay apart`);
    const texts = textsOf(one);
    if (texts.length === 0) throw new Error(`${one.path} holds no text of its licence (${one.license})`);
    return [`${one.name} ${one.version} (${one.license})`, ...texts].join('\n\n');
  });
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return `${['The program holds code of these packages, each under its licence.', ...parts].join(rule)}\n`;
}
