/** Each package as it lies in release/: looked at by the tools of its format, installed, and put to work. */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchClient } from '../clients/fetch.ts';
import { claudeCode } from '../clients/claude-code.ts';
import { Owner, takeItem, type Given } from './main-job.ts';
import type { Machine, Program } from './machine.ts';

/** The tools that are fetched, as they were tried. */
const TOOLS = { publint: 'publint@0.3.25', mcpb: '@anthropic-ai/mcpb@2.1.2', dockerfilelint: 'dockerfilelint@1.8.0' };

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const release = (name: string): string => join(root, 'release', name);
const TARBALL = release(`vouchsafe-${version}.tgz`);

/** Says what was seen. */
export type Say = (seen: string) => void;
export type Check = (machine: Machine, say: Say) => Promise<void> | void;

/** What a client puts in place of the variables of a configuration. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

async function workWith(
  owner: Owner,
  start: (given: Given) => Parameters<typeof takeItem>[0],
  say: Say,
): Promise<void> {
  const given = await owner.prepare();
  await takeItem(start(given), owner.secret);
  await owner.expectEntry();
  say('an agent got its item over MCP, and the log has the entry and verifies');
}

/** Installs the npm package; the folder with its commands. */
async function installNpm(machine: Machine): Promise<string> {
  writeFileSync(machine.at('package.json'), '{ "private": true }\n');
  await machine.run([...machine.npm, 'install', '--loglevel=error', TARBALL]);
  return machine.at('node_modules', '.bin');
}

const npm: Check = async (machine, say) => {
  await machine.run([...machine.npx, '--yes', TOOLS.publint, TARBALL, '--strict']);
  say(`${TOOLS.publint} has nothing to say`);
  const shown = await machine.run([...machine.npx, '--yes', `--package=${TARBALL}`, 'vouchsafe', '--version']);
  if (shown.trim() !== version) throw new Error(`npx printed ${shown}`);
  say('npx runs it without installing it');
  const bin = await installNpm(machine);
  const [entry] = JSON.parse(readFileSync(release('server.json'), 'utf8')).packages;
  const [variable] = entry.environmentVariables;
  const words: string[] = entry.packageArguments.map(({ value }: { value: string }) => value);
  const [command = '', ...first] = machine.npx;
  await workWith(
    new Owner(machine, [join(bin, 'vouchsafe')]),
    ({ token }) => ({
      command,
      args: [...first, '--no', '--prefix', machine.at(), entry.identifier, ...words],
      env: { ...machine.env, [variable.name]: token },
    }),
    say,
  );
};

const mcpb: Check = async (machine, say) => {
  const tools = machine.at('tools');
  await machine.run([...machine.npm, 'install', '--loglevel=error', '--prefix', tools, TOOLS.mcpb]);
  const cli: Program = [process.execPath, join(tools, 'node_modules/@anthropic-ai/mcpb/dist/cli/cli.js')];
  const folder = machine.at('bundle');
  await machine.run([...cli, 'unpack', release(`vouchsafe-${version}.mcpb`), folder]);
  await machine.run([...cli, 'validate', join(folder, 'manifest.json')]);
  say(`${TOOLS.mcpb} unpacks it and finds its manifest right`);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const format = await import(pathToFileURL(join(tools, 'node_modules/@anthropic-ai/mcpb/dist/node.js')).href);
  const started = (userConfig: object) =>
    format.getMcpConfigForManifest({ manifest, extensionPath: folder, systemDirs: {}, userConfig, pathSeparator: '/' });
  if ((await started({})) !== undefined) throw new Error('the bundle starts without a token');
  const owner = new Owner(machine, [process.execPath, join(folder, manifest.server.entry_point)]);
  const given = await owner.prepare();
  const server = await started({ token: given.token });
  await takeItem({ ...server, env: { ...machine.env, ...server.env } }, owner.secret);
  await owner.expectEntry();
  say('an agent got its item over MCP, and the log has the entry and verifies');
};

const plugin: Check = async (machine, say) => {
  const bin = await installNpm(machine);
  const folder = machine.unzip(release(`vouchsafe-claude-plugin-${version}.zip`), 'plugin');
  const { vouchsafe } = JSON.parse(readFileSync(join(folder, '.mcp.json'), 'utf8')).mcpServers;
  const env = { ...machine.env, PATH: `${bin}:${machine.env['PATH']!}` };
  const owner = new Owner(machine, [join(bin, 'vouchsafe')]);
  const given = await owner.prepare();
  const args = vouchsafe.args.map((arg: string) => fill(arg, { 'user_config.token_file': given.tokenFile }));
  await takeItem({ command: join(bin, vouchsafe.command), args, env }, owner.secret);
  await owner.expectEntry();
  say('what its .mcp.json starts gives an agent its item, and the log has the entry and verifies');
  await installInClaudeCode({ machine, folder, env, given }, say);
};

interface PluginOn {
  readonly machine: Machine;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly given: Given;
}

/** The real Claude Code, where it can be fetched: no model is asked. */
async function installInClaudeCode({ machine, folder, env, given }: PluginOn, say: Say): Promise<void> {
  const script = await fetchClient(claudeCode, machine.at());
  if (script === null) {
    say('NOT TRIED with Claude Code: it cannot be fetched here');
    return;
  }
  const quiet = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_TELEMETRY: '1', DISABLE_AUTOUPDATER: '1' };
  const claude = (...words: readonly string[]) =>
    machine.run([process.execPath, script, ...words], { env: { ...env, ...quiet } });
  await claude('plugin', 'validate', '--strict', folder);
  await claude('plugin', 'marketplace', 'add', folder);
  await claude('plugin', 'install', 'vouchsafe@vouchsafe', '--config', `token_file=${given.tokenFile}`);
  const servers = await claude('mcp', 'list');
  const line = servers.split('\n').find((text) => text.startsWith('plugin:vouchsafe:vouchsafe:')) ?? servers;
  if (!line.includes('Connected') || !line.includes(given.tokenFile)) throw new Error(`Claude Code says: ${line}`);
  say(`Claude Code ${claudeCode.version} finds it right, installs it and connects to its server`);
}

/** What a Dockerfile says once it is built: the environment, and what is started. */
function imageOf(dockerfile: string): { env: Record<string, string>; entry: string[]; words: string[] } {
  const lines = (name: string) => [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, text]) => text!);
  const env = Object.fromEntries(lines('ENV').map((text) => text.split('=', 2) as [string, string]));
  return { env, entry: JSON.parse(lines('ENTRYPOINT')[0]!), words: JSON.parse(lines('CMD')[0]!) };
}

const docker: Check = async (machine, say) => {
  const folder = machine.unzip(release(`vouchsafe-docker-${version}.zip`), 'docker');
  await machine.run([...machine.npx, '--yes', TOOLS.dockerfilelint, join(folder, 'Dockerfile')]);
  say(`${TOOLS.dockerfilelint} has nothing to say; the image is NOT built here, since no engine runs`);
  const { env, entry, words } = imageOf(readFileSync(join(folder, 'Dockerfile'), 'utf8'));
  // The folders of the image, in this machine's.
  const here = (path: string) =>
    path.replace('/opt/vouchsafe', join(folder, 'server')).replace(/^\/(var|run)\//, `${machine.folder}/home/`);
  const places = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)]));
  const program = entry.map(here);
  const owner = new Owner(machine, program, { ...places, HOME: machine.env['HOME']! });
  const given = await owner.prepare();
  const socket = here(words.at(-1)!);
  await machine.run(['mkdir', '-p', dirname(socket)]);
  const server = spawn(program[0]!, words.map(here), {
    env: { ...machine.env, ...places },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const ended = new Promise((resolve) => server.once('close', resolve));
  try {
    await until(
      () => existsSync(socket),
      () => said,
    );
    const args = [...program.slice(1), 'mcp', '--connect', `unix:${socket}`, '--token-file', given.tokenFile];
    await takeItem({ command: program[0]!, args, env: { ...machine.env } }, owner.secret);
  } finally {
    server.kill();
    await ended;
  }
  await owner.expectEntry();
  say('what its command starts gives an agent its item through the socket, and the log has the entry and verifies');
};

const LOOK_EVERY_MS = 50;
const START_MS = 60_000;

async function until(isSo: () => boolean, said: () => string): Promise<void> {
  const giveUpAt = Date.now() + START_MS;
  while (!isSo()) {
    if (Date.now() > giveUpAt) throw new Error(`the server does not start: ${said()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const sbom: Check = (_, say) => {
  const { bomFormat, specVersion, metadata, components } = JSON.parse(
    readFileSync(release(`vouchsafe-${version}.cdx.json`), 'utf8'),
  );
  const names: string[] = components.map(({ group, name }: { group?: string; name: string }) =>
    [group, name].filter(Boolean).join('/'),
  );
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const missing = Object.keys(dependencies).filter((name) => !names.includes(name));
  const foreign = Object.keys(devDependencies).filter((name) => names.includes(name));
  const itself = `${metadata.component.name}@${metadata.component.version}`;
  if (bomFormat !== 'CycloneDX' || itself !== `vouchsafe@${version}` || missing.length + foreign.length > 0)
    throw new Error(`the SBOM is ${bomFormat}, lacks ${missing.join(', ')} and has ${foreign.join(', ')}`);
  say(`CycloneDX ${specVersion} with ${String(names.length)} components`);
};

const sums: Check = (_, say) => {
  const lines = readFileSync(release('SHA256SUMS'), 'utf8').trim().split('\n');
  for (const line of lines) {
    const [sum, name = ''] = line.split('  ');
    const found = createHash('sha256')
      .update(readFileSync(release(name)))
      .digest('hex');
    if (found !== sum) throw new Error(`${name} has another checksum`);
  }
  say(`the checksums of ${String(lines.length)} files are right`);
};

/** By the name of what is built, in this order. */
export const CHECKS: Readonly<Record<string, Check>> = { sums, sbom, npm, mcpb, plugin, docker };
