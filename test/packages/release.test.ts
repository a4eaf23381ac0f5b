/** A release: what it needs, what it changes, and that the version is the same wherever it stands. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { read, root } from '../docs/pages.js';

const script = (name: string) => import(pathToFileURL(join(root, 'scripts', name)).href);

// What the scripts export, which have no types.
let versions: Awaited<ReturnType<typeof script>>;
let releasing: Awaited<ReturnType<typeof script>>;
beforeAll(async () => {
  [versions, releasing] = await Promise.all(['versions.mjs', 'releasing.mjs'].map(script));
});

const current: string = JSON.parse(read('package.json')).version;
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', ...docs.map((name) => `docs/${name}`)];
const CHANGELOG = '# Changelog\n\nWords.\n\n## Unreleased\n\n- one\n- two\n\n## 0.1.0\n\n- first\n';

describe('the version', () => {
  test('is the same in every place', () => {
    const places: string[] = Object.keys(versions.VERSIONED);
    expect(places).toContain('package-lock.json');
    const found = places.map((path) => [path, [...new Set(versions.versionsIn(path, read(path)))]]);
    expect(found).toEqual(places.map((path) => [path, [current]]));
  });

  test('is that of the files that the pages name', () => {
    const named = pages.flatMap((page) => versions.versionsIn(page, read(page)));
    expect(named.length).toBeGreaterThan(3);
    expect([...new Set(named)]).toEqual([current]);
  });

  test('is changed in its places alone, and changed back', () => {
    for (const path of [...Object.keys(versions.VERSIONED), 'docs/install.md']) {
      const changed = versions.withVersion(path, read(path), '9.8.7');
      expect(changed).not.toBe(read(path));
      expect(versions.versionsIn(path, changed).every((version: string) => version === '9.8.7')).toBe(true);
      expect(versions.withVersion(path, changed, current)).toBe(read(path));
    }
  });

  test.each([
    ['0.2.0', '0.1.0'],
    ['0.1.1', '0.1.0'],
    ['0.10.0', '0.9.9'],
    ['1.0.0-rc.1', '0.9.0'],
    ['1.0.0', '1.0.0-rc.1'],
    ['1.0.0-rc.10', '1.0.0-rc.9'],
    ['1.0.0-rc.1.1', '1.0.0-rc.1'],
    ['1.0.0-rc', '1.0.0-2'],
  ])('%s comes after %s, and not the other way round', (next, before) => {
    expect(versions.versionFault(next, before)).toBeUndefined();
    expect(versions.versionFault(before, next)).toContain('does not come after');
    expect(versions.versionFault(next, next)).toContain('does not come after');
  });

  test.each(['v1.2.3', '1.2', '1.2.3-', '1.2.3+4', 'latest', ''])('is not %j', (text) => {
    expect(versions.versionFault(text, '0.1.0')).toContain('is no version');
  });
});

describe('the changelog', () => {
  test('has what was unreleased under the version, with the day, and all else as it was', () => {
    expect(versions.releasedChangelog(CHANGELOG, '0.2.0', '2026-01-02')).toBe(
      CHANGELOG.replace('## Unreleased\n', '## 0.2.0\n\nReleased on 2026-01-02.\n'),
    );
  });

  test('may have nothing below, and dollar signs in it', () => {
    expect(versions.releasedChangelog('# C\n\n## Unreleased\n\n- `$&` and `$1`\n', '1.0.0', '2026-01-02')).toBe(
      '# C\n\n## 1.0.0\n\nReleased on 2026-01-02.\n\n- `$&` and `$1`\n',
    );
  });

  test('is told from one that says nothing', () => {
    expect(versions.unreleasedIn(CHANGELOG)).toBe('- one\n- two');
    expect(versions.unreleasedIn('# C\n\n## Unreleased\n\n## 0.1.0\n\n- first\n')).toBe('');
    expect(versions.unreleasedIn('# C\n\n## 0.1.0\n\n- first\n')).toBe('');
  });
});

describe('a release', () => {
  const now = { pkg: { version: '0.1.0' }, changes: [], tags: ['v0.1.0'], changelog: CHANGELOG };

  test('can be made of a clean tree', () => expect(releasing.releaseFaults(now, '0.2.0')).toEqual([]));

  test.each([
    ['a change that is not committed', { changes: [' M src/x.ts'] }, 'src/x.ts'],
    ['a tag that is there', { tags: ['v0.2.0'] }, 'v0.2.0'],
    ['a changelog that says nothing', { changelog: '# C\n\n## 0.1.0\n' }, 'Unreleased'],
    ['a version that came before', { pkg: { version: '0.3.0' } }, 'does not come after 0.3.0'],
  ])('is refused for %s', (_, change, said) => {
    const faults = releasing.releaseFaults({ ...now, ...change }, '0.2.0');
    expect(faults).toEqual([expect.stringContaining(said)]);
  });

  test('changes each place and the changelog, and no page that names no file', () => {
    const files: Record<string, string> = Object.fromEntries(
      [...Object.keys(versions.VERSIONED), 'CHANGELOG.md', 'README.md', 'docs/log.md', 'src/x.ts'].map((path) => [
        path,
        path === 'src/x.ts' ? `'vouchsafe-${current}.tgz'` : read(path),
      ]),
    );
    files['CHANGELOG.md'] = CHANGELOG;
    const texts = (names: (path: string) => boolean) =>
      Object.fromEntries(Object.entries(files).filter(([path]) => names(path)));
    const { before, after } = releasing.releasedTexts({ texts }, '9.8.7', '2026-01-02');
    const changed = [...Object.keys(versions.VERSIONED), 'CHANGELOG.md', 'README.md'];
    expect(Object.keys(after)).toEqual(changed);
    expect(before).toEqual(Object.fromEntries(changed.map((path) => [path, files[path]])));
    expect(after['README.md']).toContain('vouchsafe-9.8.7.tgz');
  });
});

describe('publishing', () => {
  const pkg = { repository: 'https://example.com/vouchsafe', mcpName: 'com.example/vouchsafe' };

  test('needs a repository, a name in the registry, and a service that signs', () => {
    expect(releasing.publishFaults({}, {})).toHaveLength(3);
    expect(releasing.publishFaults(pkg, {})).toEqual([expect.stringContaining('provenance')]);
    expect(releasing.publishFaults(pkg, { GITHUB_ACTIONS: 'true' })).toEqual([]);
  });
});

describe('the script', () => {
  const run = (...words: string[]) => {
    try {
      execFileSync(process.execPath, ['scripts/release.mjs', ...words], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
      return { status: 0, said: '' };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string };
      return { status, said: stderr };
    }
  };

  test.each([[[]], [['1.2.3', '4.5.6']], [['1.2.3', '--force']]])('says how it is used, for %j', (words) => {
    expect(run(...words)).toEqual({ status: 2, said: expect.stringContaining('npm run release -- VERSION') });
  });

  test('refuses a version that there is, and changes nothing', () => {
    const before = read('package.json');
    const { status, said } = run(current, '--dry-run');
    expect([status, said]).toEqual([1, expect.stringContaining(`does not come after ${current}`)]);
    expect(read('package.json')).toBe(before);
  });
});
