/** The clients' configurations: whether what they name is there, kept well, and works. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { holdsToken } from '../../core/text.js';
import { placesOf } from '../places.js';
import { credentialOf, readTokenFile, TOKEN_VARIABLE } from '../token-source.js';
import type { ClientFile } from './client-files.js';
import { ownServers, type NamedServer } from './client-servers.js';
import { ofRefusal, ok, warning, type Finding } from './finding.js';

const CHECK = 'client';

/** Looks at the files that are there. Nothing is changed, and no entry is left: a token is tried without a call. */
export async function checkClients(files: readonly ClientFile[], env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const file of files) {
    const text = textOf(file.path);
    if (text !== null) findings.push(...(await checkFile(file, { text, env })));
  }
  if (findings.length > 0) return findings;
  return [ok(CHECK, `No client is set up to start Vouchsafe (${String(files.length)} places were looked at).`)];
}

/** Null where there is no such file; one that may not be read is the client's own matter. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

interface Given {
  readonly text: string;
  readonly env: NodeJS.ProcessEnv;
}

async function checkFile(file: ClientFile, { text, env }: Given): Promise<readonly Finding[]> {
  const servers = ownServers(text, file);
  const where = `${file.client}, ${file.path}`;
  if (servers === null) {
    // Not ours to judge, unless it is about us.
    if (!/vouchsafe/i.test(text)) return [];
    return [warning(CHECK, `${where}: the file cannot be read as ${file.form.toUpperCase()}.`, 'Mend its syntax.')];
  }
  const exposed = servers.length > 0 && holdsToken(text) ? [exposure(file, where)] : [];
  const found = await Promise.all(servers.map((server) => checkServer(where, server, env)));
  return [...exposed, ...found.flat()];
}

function exposure({ path }: ClientFile, where: string): Finding {
  const isOpen = (statSync(path).mode & 0o077) !== 0;
  const message = `${where}: a token stands in this file${isOpen ? ', which others may read' : ''}.`;
  return warning(CHECK, message, 'Renew the token into a file of its own, and name that with --token-file.');
}

async function checkServer(where: string, server: NamedServer, env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const findings = [checkCommand(where, server, env), await checkToken(where, server, env)];
  const faults = findings.filter(({ status }) => status !== 'ok');
  return faults.length > 0 ? faults : findings.slice(-1);
}

function checkCommand(where: string, { command, env: own }: NamedServer, env: NodeJS.ProcessEnv): Finding {
  const path = own['PATH'] ?? env['PATH'] ?? '';
  const places = isAbsolute(command) ? [command] : path.split(delimiter).map((folder) => join(folder, command));
  if (places.some(isProgram)) return ok(CHECK, `${where}: its command is there.`);
  const next = 'Name the program by its whole path, or install it: npm install --global vouchsafe';
  return warning(CHECK, `${where}: its command is not in PATH, so the client cannot start it.`, next);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function checkToken(where: string, server: NamedServer, env: NodeJS.ProcessEnv): Promise<Finding> {
  const file = tokenFileOf(server.args);
  const inline = server.env[TOKEN_VARIABLE];
  const named = file ?? inline;
  if (named === undefined) {
    const message = `${where}: it names no token, so it works only where the client hands on ${TOKEN_VARIABLE}.`;
    return warning(CHECK, message, 'Add --token-file and the path of one to its arguments.');
  }
  if (VARIABLE.test(named)) return ok(CHECK, `${where}: its token is known to the client alone, by a variable.`);
  if (file !== undefined && !isAbsolute(file)) {
    const message = `${where}: the path of its token file is not absolute, so it depends on where the client starts.`;
    return warning(CHECK, message, 'Name the whole path of the token file.');
  }
  try {
    const text = file === undefined ? named : readTokenFile(file);
    if (server.args.some((word) => /^--connect(?:=|$)/.test(word))) return readToken(where, text);
    return await tryToken(where, text, { ...env, ...server.env });
  } catch (error) {
    const finding = ofRefusal(CHECK, 'warning', error);
    return { ...finding, message: `${where}: ${finding.message}` };
  }
}

/** What the client puts a value in place of. */
const VARIABLE = /\$(?:\{[^}]+\}|[A-Za-z_])/;

function tokenFileOf(args: readonly string[]): string | undefined {
  const joined = args.find((word) => word.startsWith('--token-file='));
  if (joined !== undefined) return joined.slice('--token-file='.length);
  const at = args.indexOf('--token-file');
  return at < 0 ? undefined : args[at + 1];
}

const RENEW = 'Renew it into that file: vouchsafe agent renew NAME -o FILE';

/** A token that is meant for a server elsewhere is of that server's safe, and only it can tell more. */
function readToken(where: string, text: string): Finding {
  const credential = credentialOf(text, 'The token');
  if (credential.kind === 'absent') return warning(CHECK, `${where}: ${credential.problem}`, RENEW);
  return ok(CHECK, `${where}: it passes through to a server, which knows whether its token works.`);
}

async function tryToken(where: string, text: string, env: NodeJS.ProcessEnv): Promise<Finding> {
  const credential = credentialOf(text, 'The token');
  if (credential.kind === 'absent') return warning(CHECK, `${where}: ${credential.problem}`, RENEW);
  const { openAgent } = await import('../../gate/open-agent.js');
  const door = await openAgent(placesOf(env), credential, { transport: 'cli' });
  const identity = await door.identity();
  await door.close();
  if (identity !== null) return ok(CHECK, `${where}: the token ${identity.name} works.`);
  return warning(CHECK, `${where}: its token is not usable: it ended, was revoked, or is of another safe.`, RENEW);
}
