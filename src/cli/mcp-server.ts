/**
 * What `vouchsafe mcp` does. A client waits for its server to start, again in every session, so this loads nothing of
 * the command line that it does not need.
 */
import { Refusal } from '../core/refusal.js';
import { escapeText, scrub } from '../core/text.js';
import type { AgentDoor, Credential } from '../gate/call.js';
import type { Places } from '../gate/door.js';
import { type ConnectTarget, readConnect } from './connect-target.js';
import { placesOf } from './places.js';
import { loadShim } from './shim-server.js';
import { loadStdioServer } from './stdio-server.js';
import { givenToken, TOKEN_VARIABLE } from './token-source.js';

/** What is said on the command line and around it. */
export interface McpFlags {
  /** As it was at the start. */
  readonly env: NodeJS.ProcessEnv;
  readonly tokenFile: string | undefined;
  /** The server to pass through to, in place of a safe here. */
  readonly connect: ConnectTarget | undefined;
}

type Report = (message: string) => void;

/** Serves one client on stdin and stdout until it has gone. Never acts as the owner, nor as a token kept by `login`. */
export async function runMcpServer(flags: McpFlags): Promise<void> {
  Reflect.deleteProperty(process.env, 'VOUCHSAFE_PASSWORD_FILE');
  const { stdin: input, stdout: output, stderr: errors } = process;
  const report: Report = (message) => void errors.write(`vouchsafe mcp: ${escapeText(scrub(message))}\n`);
  const credential = credentialIn(flags);
  const stdio = { input, output, errors, report };
  await (flags.connect === undefined
    ? serveSafe(credential, { env: flags.env, stdio })
    : passThrough(credential, { target: flags.connect, stdio }));
}

interface Stdio {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly errors: NodeJS.WriteStream;
  readonly report: Report;
}

async function serveSafe(credential: Credential, on: { env: NodeJS.ProcessEnv; stdio: Stdio }): Promise<void> {
  const { env, stdio } = on;
  const [serveStdio, { openAgent }, { VERSION }] = await Promise.all([
    loadStdioServer(),
    import('../gate/open-agent.js'),
    import('../gate/version.js'),
  ]);
  const places = placesOf(env);
  const opening = openAgent(places, credential, { transport: 'stdio' });
  void warn(opening, { credential, places, report: stdio.report });
  await serveStdio(opening, { ...stdio, version: VERSION });
}

/** A token, or one that was exchanged for it, as `crypto/token-string.ts` prints them. */
const TOKEN_FORM = /^vs[px]_[0-9A-Za-z]{64}::[0-9A-Za-z_-]{43}$/;

/** What is no token, by its form, stays on this machine: the server gets none, and says and records that. */
async function passThrough(credential: Credential, on: { target: ConnectTarget; stdio: Stdio }): Promise<void> {
  const { target, stdio } = on;
  const serve = await loadShim();
  const text = credential.kind === 'token' ? credential.text : undefined;
  const token = text !== undefined && TOKEN_FORM.test(text) ? text : null;
  const problem = credential.kind === 'token' ? 'What was given is not a whole token.' : credential.problem;
  if (token === null) stdio.report(`${problem} Every call will be refused.`);
  await serve({ ...stdio, target, token });
}

/** The token that was given, or why there is none: no fault of a token keeps the server from starting. */
function credentialIn({ env, tokenFile }: Pick<McpFlags, 'env' | 'tokenFile'>): Credential {
  try {
    const given = givenToken(env, tokenFile);
    if (given !== undefined) return given.credential;
    return { kind: 'absent', problem: `${TOKEN_VARIABLE} is not set, and there is no --token-file.` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: 'absent', problem: [error.facts.message, error.facts.next].join(' ') };
  }
}

/** Tells the owner, who may look at the client's log, why every call will be refused. */
async function warn(
  opening: Promise<AgentDoor>,
  on: { credential: Credential; places: Places; report: Report },
): Promise<void> {
  const { credential, places, report } = on;
  if (credential.kind === 'absent') {
    report(`${credential.problem} Every call will be refused.`);
    return;
  }
  const identity = await opening.then((door) => door.identity()).catch(() => undefined);
  if (identity === null) report(`Every call will be refused. ${await faultOf(places)}`);
}

/** Why a token that was given is not usable, as far as that can be told without it. */
async function faultOf(places: Places): Promise<string> {
  const { describeSafe } = await import('../gate/open.js');
  try {
    const { exists } = await describeSafe(places);
    return exists
      ? 'The token cannot be used: it is not whole, not known here, or it has ended.'
      : `There is no safe in ${places.home} yet: make one with \`vouchsafe init\`.`;
  } catch (error) {
    const facts = error instanceof Refusal ? error.facts : {};
    return [facts.message ?? 'The safe cannot be opened.', facts.next ?? ''].join(' ').trim();
  }
}

/** What a command line says that is `mcp` and nothing but its own options; undefined for any other, which is read in full. */
export function plainMcpFlags(argv: readonly string[]): Pick<McpFlags, 'tokenFile' | 'connect'> | undefined {
  const [command, ...words] = argv;
  if (command !== 'mcp' || process.platform === 'win32') return undefined;
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const [option = '', value = '-'] = words.slice(at, at + 2);
    const isPlain = (option === '--token-file' || option === '--connect') && !given.has(option);
    if (!isPlain || value === '' || value.startsWith('-')) return undefined;
    given.set(option, value);
  }
  try {
    const connect = given.get('--connect');
    return { tokenFile: given.get('--token-file'), connect: connect === undefined ? undefined : readConnect(connect) };
  } catch {
    return undefined;
  }
}
