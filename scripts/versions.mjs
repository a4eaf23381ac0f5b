// Where the version of the project stands, and how a release changes it. Works on texts: whoever calls reads and writes.
import { applyEdits, modify, parseTree, findNodeAtLocation } from 'jsonc-parser';

/** JSON files with a version of ours, and where in each. */
export const VERSIONED = {
  'package.json': [['version']],
  'package-lock.json': [['version'], ['packages', '', 'version']],
  'packaging/mcpb/manifest.json': [['version']],
  'packaging/server.json': [['version'], ['packages', 0, 'version']],
  'packaging/claude-plugin/.claude-plugin/plugin.json': [['version']],
};

/** Whether a page names a file of a release, and so changes with it. */
export const isVersionedPage = (path) => /^(README\.md|docs\/[\w-]+\.md)$/.test(path);

const FILE_OF_RELEASE =
  /\bvouchsafe(-docker|-claude-plugin)?-(\d+\.\d+\.\d+(?:-[0-9a-z]+(?:\.[0-9a-z]+)*)?)(?=\.(?:tgz|mcpb|zip|cdx\.json)\b)/g;

/** The versions in a text: those of its places in JSON, or those in names of files of a release. */
export function versionsIn(path, text) {
  const places = VERSIONED[path];
  if (places === undefined) return [...text.matchAll(FILE_OF_RELEASE)].map(([, , version]) => version);
  const tree = parseTree(text);
  return places.map((place) => findNodeAtLocation(tree, place)?.value);
}

/** The text with another version in all its places. Everything else stays byte for byte. */
export function withVersion(path, text, version) {
  const places = VERSIONED[path];
  if (places === undefined) {
    return text.replace(FILE_OF_RELEASE, (_, kind) => `vouchsafe${kind ?? ''}-${version}`);
  }
  return places.reduce((done, place) => applyEdits(done, modify(done, place, version, {})), text);
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9a-z]+(?:\.[0-9a-z]+)*))?$/;

/** Why this version cannot follow that one, or undefined where it can. */
export function versionFault(version, current) {
  const [next, now] = [VERSION.exec(version), VERSION.exec(current)];
  if (next === null) return `${version} is no version: it is three numbers with points between, as 1.2.3 or 1.2.3-rc.1`;
  return compareVersions(next, now) > 0 ? undefined : `${version} does not come after ${current}`;
}

/** As semantic versioning orders them: a version with a suffix comes before the one without. */
function compareVersions([, ...one], [, ...other]) {
  const numbers = (parts) => parts.slice(0, 3).map(Number);
  const apart = numbers(one).findIndex((number, i) => number !== numbers(other)[i]);
  if (apart >= 0) return numbers(one)[apart] - numbers(other)[apart];
  const [suffix, otherSuffix] = [one[3], other[3]];
  if (suffix === undefined || otherSuffix === undefined) {
    return Number(suffix === undefined) - Number(otherSuffix === undefined);
  }
  return compareSuffixes(suffix.split('.'), otherSuffix.split('.'));
}

function compareSuffixes(one, other) {
  const at = one.findIndex((part, i) => part !== other[i]);
  if (at < 0) return one.length - other.length;
  if (other[at] === undefined) return 1;
  const isNumber = (part) => /^\d+$/.test(part);
  const both = [one[at], other[at]];
  if (both.every(isNumber)) return Number(one[at]) - Number(other[at]);
  if (both.some(isNumber)) return isNumber(one[at]) ? -1 : 1;
  return one[at] < other[at] ? -1 : 1;
}

const UNRELEASED = /^## Unreleased\n+([^]*?)(?=^## |$(?![^]))/m;

/** What the changelog says under “Unreleased”; empty where it says nothing. */
export const unreleasedIn = (changelog) => UNRELEASED.exec(changelog)?.[1].trim() ?? '';

/** The changelog with that section under the version and the day, `YYYY-MM-DD`. */
export function releasedChangelog(changelog, version, day) {
  const said = unreleasedIn(changelog);
  return changelog.replace(UNRELEASED, (_, body) => {
    const end = body.endsWith('\n\n') ? '\n\n' : '\n';
    return `## ${version}\n\nReleased on ${day}.\n\n${said}${end}`;
  });
}
