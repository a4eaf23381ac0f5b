/** What the packages say of themselves, against the published schemas and against the project. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INSTRUCTION_FORMATS, agentInstructions } from '../../src/cli/instructions.js';
import { TOKEN_VARIABLE } from '../../src/cli/token-source.js';
import { plainMcpFlags } from '../../src/cli/mcp-server.js';
import { CATALOGUE } from '../../src/tools/catalogue.js';
import { read, root } from '../docs/pages.js';

const script = (name: string) => import(pathToFileURL(join(root, 'scripts', name)).href);
const json = (path: string) => JSON.parse(read(path));

/** What is wrong by a schema in packaging/; null where nothing is. */
function faultsBy(schema: string, value: unknown): unknown {
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(json(`packaging/schemas/${schema}`));
  return validate(value) ? null : validate.errors;
}

const BUNDLE = 'mcpb-manifest-v0.3.schema.json';
const ENTRY = 'server.schema.json';
const PUBLISHER = {
  mcpName: 'com.example/vouchsafe',
  repository: { type: 'git', url: 'git+https://github.com/example/vouchsafe.git' },
};

// What the scripts export, which have no types.
let manifests: Awaited<ReturnType<typeof script>>;
let archive: Awaited<ReturnType<typeof script>>;
let program: Awaited<ReturnType<typeof script>>;
let bills: Awaited<ReturnType<typeof script>>;
beforeAll(async () => {
  const names = ['manifests.mjs', 'archive.mjs', 'program.mjs', 'bill.mjs'];
  [manifests, archive, program, bills] = await Promise.all(names.map(script));
});

describe('the MCPB manifest', () => {
  const pkg = json('package.json');

  test('is right by its schema, with a publisher and without', () => {
    expect(faultsBy(BUNDLE, manifests.bundleManifest(pkg, CATALOGUE))).toBeNull();
    const published = manifests.bundleManifest({ ...pkg, ...PUBLISHER }, CATALOGUE);
    expect(faultsBy(BUNDLE, published)).toBeNull();
    expect(published.repository).toEqual({ type: 'git', url: 'https://github.com/example/vouchsafe' });
  });

  test('would not be right with a key of its own, so the schema is really asked', () => {
    expect(faultsBy(BUNDLE, { ...json('packaging/mcpb/manifest.json'), entry: 1 })).not.toBeNull();
  });

  test('gives the token as a secret, by the environment alone', () => {
    const { server, user_config: asked } = json('packaging/mcpb/manifest.json');
    expect(asked.token).toMatchObject({ type: 'string', sensitive: true, required: true });
    expect(server.mcp_config.env).toEqual({ [TOKEN_VARIABLE]: '${user_config.token}' });
    expect(server.mcp_config.args.join(' ')).not.toContain('user_config');
  });

  test('starts the program as it lies in the bundle', () => {
    const { server, compatibility } = json('packaging/mcpb/manifest.json');
    const [file, ...words] = server.mcp_config.args;
    expect(file).toBe(`\${__dirname}/${server.entry_point}`);
    expect(server.entry_point).toBe(`server/${pkg.bin.vouchsafe}`);
    expect(plainMcpFlags(words)).toBeDefined();
    expect(compatibility.runtimes.node).toBe(`${pkg.engines.node}.0`);
  });

  test('lists the tools that there are', () => {
    const { tools } = manifests.bundleManifest(pkg, CATALOGUE);
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(CATALOGUE.map(({ name }) => name));
  });
});

describe('server.json', () => {
  const pkg = json('package.json');
  const sum = 'a1'.repeat(32);

  test('is right by its schema, as it stands, as it is built, and with a publisher', () => {
    expect(faultsBy(ENTRY, json('packaging/server.json'))).toBeNull();
    expect(faultsBy(ENTRY, manifests.registryEntry(pkg, sum))).toBeNull();
    expect(faultsBy(ENTRY, manifests.registryEntry({ ...pkg, ...PUBLISHER }, sum))).toBeNull();
  });

  test('would not be right without its name, or for the newest version', () => {
    const entry = json('packaging/server.json');
    expect(faultsBy(ENTRY, { ...entry, name: 'vouchsafe' })).not.toBeNull();
    expect(faultsBy(ENTRY, { ...entry, packages: [{ ...entry.packages[0], version: 'latest' }] })).not.toBeNull();
  });

  test('claims no name and no repository while there is no publisher', () => {
    const entry = json('packaging/server.json');
    expect(entry.name).toBe(manifests.UNPUBLISHED);
    expect(entry.name.split('.')[0]).toBe('invalid');
    expect(entry).not.toHaveProperty('repository');
  });

  test('names the bundle of the release once there is one', () => {
    const entry = manifests.registryEntry({ ...pkg, ...PUBLISHER }, sum);
    expect(entry.name).toBe('com.example/vouchsafe');
    expect(entry.packages[1]).toMatchObject({
      registryType: 'mcpb',
      fileSha256: sum,
      identifier: `https://github.com/example/vouchsafe/releases/download/v${pkg.version}/vouchsafe-${pkg.version}.mcpb`,
    });
  });

  test('starts the server of the npm package, with the token as a secret', () => {
    const [{ identifier, packageArguments, environmentVariables }] = json('packaging/server.json').packages;
    expect(identifier).toBe(pkg.name);
    expect(plainMcpFlags(packageArguments.map(({ value }: { value: string }) => value))).toBeDefined();
    expect(environmentVariables[0]).toMatchObject({ name: TOKEN_VARIABLE, isSecret: true, isRequired: true });
  });
});

describe('the plugin of Claude Code', () => {
  const SKILL = 'packaging/claude-plugin/skills/vouchsafe/SKILL.md';

  test('has the instructions for agents as its skill (`npm run package -- plugin` writes them anew)', () => {
    expect(read(SKILL)).toBe(manifests.pluginSkill());
  });

  test('says what an agent of its own is told, but for whom it is for and what that reaches', () => {
    expect(INSTRUCTION_FORMATS).toContain('skill');
    const own = agentInstructions({ token: { name: 'x' }, grants: [] }, 'skill').split('\n');
    const apart = read(SKILL)
      .split('\n')
      .filter((line) => !own.includes(line));
    expect(apart).toHaveLength(2);
    expect(read(SKILL)).not.toMatch(/\{\{|vouchsafe:begin/);
    expect(read(SKILL)).toMatch(/^---\nname: vouchsafe\ndescription: .{100,1024}\n---\n/);
  });

  test('starts the server with the file that it asks for, and holds no secret', () => {
    const { userConfig } = json('packaging/claude-plugin/.claude-plugin/plugin.json');
    const { vouchsafe } = json('packaging/claude-plugin/.mcp.json').mcpServers;
    expect(Object.keys(userConfig)).toEqual(['token_file']);
    expect(vouchsafe.args.at(-1)).toBe('${user_config.token_file}');
    expect(plainMcpFlags(vouchsafe.args)).toEqual({ tokenFile: '${user_config.token_file}', connect: undefined });
    expect(vouchsafe).not.toHaveProperty('env');
  });
});

describe('the npm package', () => {
  const pkg = json('package.json');

  test('is public, and asks for a statement of where it was built', () => {
    expect(pkg.publishConfig).toEqual({ access: 'public', provenance: true });
    expect(pkg.private).not.toBe(true);
  });

  test('brings what its program reads at run time, and nothing of the developers', () => {
    for (const needed of ['bin', 'dist/program', 'dist/grammar.json', 'src/console/assets', 'agent-instructions'])
      expect(pkg.files).toContain(needed);
    const others = ['test', 'bench', 'scripts', 'packaging', 'src', '.ci', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
    for (const name of others) expect(pkg.files).not.toContain(name);
  });
});

describe('the folder with the program', () => {
  test('is made of the packages that the lock has for it, and of none of the developers', () => {
    const paths: string[] = program.runtimePackages(json('package-lock.json'));
    const { dependencies, devDependencies } = json('package.json');
    for (const name of Object.keys(dependencies)) expect(paths).toContain(`node_modules/${name}`);
    for (const name of Object.keys(devDependencies)) expect(paths).not.toContain(`node_modules/${name}`);
    const bundled: { path: string }[] = json('dist/program/packages.json');
    for (const { path } of bundled) expect(paths).toContain(path);
  });

  test('installs what is not in the bundle, and nothing else', () => {
    const packed = program.packedManifest(json('package.json'), json('dist/program/packages.json'));
    expect(Object.keys(packed.dependencies)).toEqual(['argon2', 'better-sqlite3', 'openpgp']);
    expect({ ...packed, dependencies: undefined }).toEqual({ ...json('package.json'), dependencies: undefined });
  });

  test('gets what packages need from where Node finds it', () => {
    const lock = {
      packages: {
        '': {},
        'node_modules/a': { dependencies: { b: '1', c: '1' } },
        'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
        'node_modules/b': { dependencies: { d: '1' } },
        'node_modules/c': { dependencies: { b: '2' } },
        'node_modules/d': {},
        'node_modules/e': {},
      },
    };
    const expected = ['a', 'a/node_modules/b', 'b', 'c', 'd'].map((path) => `node_modules/${path}`);
    expect(program.packagesWith(lock, ['a'])).toEqual(expected);
    expect(program.packagesWith(lock, ['d'])).toEqual(['node_modules/d']);
    expect(() => program.packagesWith(lock, ['f'])).toThrow('the lock has no f');
  });

  test('finds the built modules of each system that the bundle is for', () => {
    expect(json('packaging/mcpb/manifest.json').compatibility.platforms).toEqual(['darwin', 'linux']);
    for (const system of ['darwin-arm64', 'linux-x64', 'linux-arm64']) {
      const built = (name: string, ...parts: string[]) =>
        existsSync(join(root, 'node_modules', name, 'prebuilds', ...parts));
      expect([system, built('better-sqlite3', `${system}.node`)]).toEqual([system, true]);
      expect([system, built('argon2', system)]).toEqual([system, true]);
    }
  });
});

describe('the bill of materials', () => {
  const lock = {
    name: 'vouchsafe',
    packages: {
      '': { version: '1.0.0' },
      'node_modules/@a/b': { version: '1.1.0' },
      'node_modules/@a/b/node_modules/c': { version: '2.0.0' },
      'node_modules/c': { version: '3.0.0', dev: true },
      'node_modules/d': { version: '4.0.0', dev: true },
    },
  };
  const component = (ref: string) => ({ 'bom-ref': ref, name: ref.replace(/@[^@]*$/, '') });
  const bill = {
    metadata: { component: { 'bom-ref': 'vouchsafe@1.0.0', name: 'checkout' } },
    components: ['@a/b@1.1.0', 'c@2.0.0', 'c@3.0.0', 'd@4.0.0'].map(component),
    dependencies: [
      { ref: 'vouchsafe@1.0.0', dependsOn: ['@a/b@1.1.0', 'd@4.0.0'] },
      { ref: '@a/b@1.1.0', dependsOn: ['c@2.0.0'] },
      { ref: 'd@4.0.0', dependsOn: ['c@3.0.0'] },
    ],
  };

  test('is of the program alone, under its own name', () => {
    const { metadata, components, dependencies } = bills.runtimeBill(bill, lock);
    expect(metadata.component.name).toBe('vouchsafe');
    expect(components).toEqual(['@a/b@1.1.0', 'c@2.0.0'].map(component));
    expect(dependencies).toEqual([
      { ref: 'vouchsafe@1.0.0', dependsOn: ['@a/b@1.1.0'] },
      { ref: '@a/b@1.1.0', dependsOn: ['c@2.0.0'] },
    ]);
  });
});

describe('an archive', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vouchsafe-archive-'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'run'), 'run');
    chmodSync(join(folder, 'bin', 'run'), 0o755);
    writeFileSync(join(folder, '.hidden'), 'hidden');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has all files by their paths, and what they hold', () => {
    const files = unzipSync(archive.zipFolder(folder));
    expect(Object.keys(files)).toEqual(['.hidden', 'bin/run']);
    expect(Buffer.from(files['bin/run']!).toString()).toBe('run');
  });

  test('is the same bytes again', () => {
    expect(Buffer.from(archive.zipFolder(folder)).equals(Buffer.from(archive.zipFolder(folder)))).toBe(true);
  });
});
