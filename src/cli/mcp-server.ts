/**
 * What `vouchsafe mcp` does. A client waits for its server to start, again in every session, so this loads nothing of
 * the command line that it does not need.
 */
import { Refusal } from '../core/refusal.js';
import { escapeText, scrub } from '../core/text.js';
import type { AgentDoor, Credential } from '../gate/call.js';
import type { Places } from '../gate/door.js';
import { placesOf } from './places.js';
import { loadStdioServer } from './stdio-server.js';
import { givenToken, TOKEN_VARIABLE } from './token-source.js';

/** What is said on the command line and around it. */
export interface McpFlags {
  /** As it was at the start. */
  readonly env: NodeJS.ProcessEnv;
  readonly tokenFile: string | undefined;
}

type Report = (message: string) => void;

/** Serves one client on stdin and stdout until it has gone. Never acts as the owner, nor as a token kept by `login`. */
export async function runMcpServer(flags: McpFlags): Promise<void> {
  Reflect.deleteProperty(process.env, 'VOUCHSAFE_PASSWORD_FILE');
  const { stdin: input, stdout: output, stderr: errors } = process;
  const report: Report = (message) => void errors.write(`vouchsafe mcp: ${escapeText(scrub(message))}\n`);
  const credential = credentialIn(flags);
  const [serveStdio, { openAgent }, { VERSION }] = await Promise.all([
    loadStdioServer(),
    import('../gate/open-agent.js'),
    import('../gate/version.js'),
  ]);
  const places = placesOf(flags.env);
  const opening = openAgent(places, credential, { transport: 'stdio' });
  void warn(opening, { credential, places, report });
  await serveStdio(opening, { input, output, errors, version: VERSION, report });
}

/** The token that was given, or why there is none: no fault of a token keeps the server from starting. */
function credentialIn({ env, tokenFile }: McpFlags): Credential {
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

/** The flags of a command line that is `mcp` and at most a token file; undefined for any other, which is read in full. */
export function plainMcpFlags(argv: readonly string[]): Pick<McpFlags, 'tokenFile'> | undefined {
  const [command, option, file, ...rest] = argv;
  if (command !== 'mcp' || rest.length > 0 || process.platform === 'win32') return undefined;
  if (option === undefined) return { tokenFile: undefined };
  return option === '--token-file' && file !== undefined && !file.startsWith('-') ? { tokenFile: file } : undefined;
}
