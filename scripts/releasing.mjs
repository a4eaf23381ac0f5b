// What a release needs, and what it changes. Decides, and does nothing: scripts/release.mjs reads, writes and runs.
import { repositoryOf } from './manifests.mjs';
import { isVersionedPage, releasedChangelog, unreleasedIn, versionFault, VERSIONED, withVersion } from './versions.mjs';

/** Why this version cannot be released now, one line each; empty where it can. */
export function releaseFaults({ pkg, changes, tags, changelog }, version) {
  const fault = versionFault(version, pkg.version);
  return [
    ...(fault === undefined ? [] : [fault]),
    ...(changes.length === 0
      ? []
      : [`there are changes that are not committed: ${changes.map((line) => line.slice(3)).join(', ')}`]),
    ...(tags.includes(`v${version}`) ? [`there is a tag v${version} already`] : []),
    ...(unreleasedIn(changelog) === '' ? ['CHANGELOG.md says nothing under “Unreleased”'] : []),
  ];
}

/**
 * What is missing for the registries: npm states where a package was built only for one that names its repository, built by
 * a service that signs for it; the registry of MCP knows a server by the name in its npm package.
 */
export function publishFaults(pkg, env) {
  const isSigned = env.GITHUB_ACTIONS === 'true' || env.GITLAB_CI === 'true';
  return [
    ...(repositoryOf(pkg) === undefined ? ['package.json names no `repository`'] : []),
    ...(pkg.mcpName === undefined ? ['package.json has no `mcpName`, the name in the registry of MCP'] : []),
    ...(isSigned ? [] : ['npm takes a statement of provenance from GitHub Actions or GitLab CI alone: publish there']),
  ];
}

/** The texts that a release changes, as they are and as they are to be, by path. `day` is `YYYY-MM-DD`. */
export function releasedTexts({ texts }, version, day) {
  const all = texts((path) => path === 'CHANGELOG.md' || path in VERSIONED || isVersionedPage(path));
  const changed = Object.entries(all).flatMap(([path, text]) => {
    const after = path === 'CHANGELOG.md' ? releasedChangelog(text, version, day) : withVersion(path, text, version);
    return after === text ? [] : [[path, text, after]];
  });
  return {
    before: Object.fromEntries(changed.map(([path, text]) => [path, text])),
    after: Object.fromEntries(changed.map(([path, , text]) => [path, text])),
  };
}
