/** Who acts: a token or the owner, by the order of `cli.md`, and their doors. */
import { readFileSync, statSync } from 'node:fs';
import type { OwnerDoor, Origin, Places } from '../gate/door.js';
import { Refusal } from '../core/refusal.js';
import { scrub } from '../core/text.js';
import type { BodySink } from '../use/http-answer.js';
import type { Acting, Asked } from './context.js';
import { decode, type Input } from './prompt.js';
import { prepareRuntime } from './places.js';
import { givenToken, keptToken, type TokenSource } from './token-source.js';

/** What shows that an AI agent runs this command: its clients set these for everything they start. */
const AGENT_VARIABLES = /^(?:CLAUDECODE|CLAUDE_CODE_.*|CODEX_.*|GEMINI_CLI|CURSOR_AGENT|AI_AGENT)$/;

/** The first variable that shows an agent, or undefined. */
export function agentVariable(env: NodeJS.ProcessEnv): string | undefined {
  return Object.keys(env)
    .sort()
    .find((name) => AGENT_VARIABLES.test(name) && (env[name] ?? '') !== '');
}

/** A way in that was given, before anything is opened. */
type Way =
  | { readonly kind: 'token'; readonly token: TokenSource }
  | { readonly kind: 'session'; readonly session: string }
  | { readonly kind: 'password'; readonly source: string; readonly read: () => Promise<string> };

const NEXT_PASSWORD =
  'Unlock first with `eval "$(vouchsafe unlock)"`, or set VOUCHSAFE_PASSWORD_FILE, or use --password-stdin.';

/** Whoever acts. Throws where a token file cannot be read, the owner cannot be asked, or the safe does not open. */
export async function whoActs(asked: Asked): Promise<Acting> {
  const way = givenWay(asked) ?? keptWay(asked);
  if (way?.kind === 'token') return openToken(asked, way.token);
  return openOwnerBy(asked, way);
}

/** As {@link whoActs}, for what only the owner can do. A token that was given is in the way; one kept by `login` too, unless the owner can be asked. */
export async function ownerActs(asked: Asked): Promise<Acting & { kind: 'owner' }> {
  const given = givenWay(asked);
  const way = given ?? (asked.input.isInteractive ? undefined : keptWay(asked));
  if (way?.kind === 'token') throw await inTheWay(asked, way.token);
  return openOwnerBy(asked, way);
}

/** Throws where a token is given: a command that is the owner's alone, but opens no door. */
export async function checkNoToken(asked: Asked): Promise<void> {
  const way = givenWay(asked);
  if (way?.kind === 'token') throw await inTheWay(asked, way.token);
}

/** The owner's door by the master password alone: a session must not be able to prolong itself. */
export async function passwordOpens(asked: Asked): Promise<OwnerDoor> {
  const env = { ...asked.env };
  Reflect.deleteProperty(env, 'VOUCHSAFE_SESSION');
  const { door } = await ownerActs({ ...asked, env });
  return door;
}

/** Whether somebody is there to act without being asked for a password. */
export function isGiven(asked: Asked): boolean {
  return (givenWay(asked) ?? keptWay(asked)) !== undefined;
}

function givenWay({ env, flags, input }: Asked): Way | undefined {
  const token = givenToken(env, flags.tokenFile);
  if (token !== undefined) return { kind: 'token', token };
  if (flags.passwordStdin) {
    return { kind: 'password', source: '--password-stdin', read: async () => (await input.stdinLine()) ?? '' };
  }
  const session = env['VOUCHSAFE_SESSION'] ?? '';
  if (session !== '') return { kind: 'session', session };
  const file = env['VOUCHSAFE_PASSWORD_FILE'] ?? '';
  if (file === '') return undefined;
  return { kind: 'password', source: 'VOUCHSAFE_PASSWORD_FILE', read: () => Promise.resolve(readPasswordFile(file)) };
}

function keptWay({ places }: Asked): Way | undefined {
  const token = keptToken(places);
  return token === undefined ? undefined : { kind: 'token', token };
}

async function openToken({ places }: Asked, token: TokenSource): Promise<Acting> {
  await checkOpens(places);
  const { openAgent } = await import('../gate/open-agent.js');
  const requests: { to?: BodySink } = {};
  const door = await openAgent(places, token.credential, { transport: 'cli', requests });
  const identity = await door.identity();
  const { name, isAgent } = identity ?? { name: null, isAgent: false };
  const problem = token.credential.kind === 'absent' ? token.credential.problem : null;
  return { kind: 'token', door, requests, source: token.source, name, isAgent, problem };
}

async function inTheWay(asked: Asked, token: TokenSource): Promise<Refusal> {
  const next = `If you are the owner, ${token.remedy}.`;
  if (token.credential.kind === 'absent') {
    return new Refusal('locked', { message: `This is the owner's command. ${token.credential.problem}`, next });
  }
  const name = await nameOf(asked, token);
  const whose = name === null ? 'a token' : `the token ${name}`;
  const holder =
    token.source === 'the environment' ? `the environment holds ${whose}` : `${token.source} gives ${whose}`;
  return new Refusal('locked', { message: scrub(`This is the owner's command, but ${holder}.`), next });
}

/** The name of a usable token; null also where there is no safe that could tell it. */
async function nameOf({ places }: Asked, token: TokenSource): Promise<string | null> {
  const { openAgent } = await import('../gate/open-agent.js');
  const door = await openAgent(places, token.credential, { transport: 'cli' });
  const identity = await door.identity();
  await door.close();
  return identity?.name ?? null;
}

async function openOwnerBy(
  asked: Asked,
  way: Exclude<Way, { kind: 'token' }> | undefined,
): Promise<Acting & { kind: 'owner' }> {
  await checkSafe(asked.places);
  if (way === undefined) return { kind: 'owner', door: await askForPassword(asked), source: 'the master password' };
  if (way.kind === 'password') {
    return { kind: 'owner', door: await openBy(asked, { password: await way.read() }), source: way.source };
  }
  checkNoAgent(asked.env);
  prepareRuntime(asked.places);
  return { kind: 'owner', door: await openBy(asked, { session: way.session }), source: 'VOUCHSAFE_SESSION' };
}

/** Throws where there is no safe, or one that does not open: a token's door would only say that it is so. */
export async function checkOpens(places: Places): Promise<void> {
  await checkSafe(places);
  const { describeSafe } = await import('../gate/open.js');
  await describeSafe(places);
}

/** Says that there is no safe before anyone is asked for its password. */
export async function checkSafe(places: Places): Promise<void> {
  const { safeExists } = await import('../gate/safe.js');
  if (safeExists(places)) return;
  throw new Refusal('not_found', {
    message: `There is no safe in ${places.home} yet.`,
    next: 'Make one with `vouchsafe init`.',
  });
}

function checkNoAgent(env: NodeJS.ProcessEnv): void {
  const variable = agentVariable(env);
  if (variable === undefined) return;
  throw new Refusal('locked', {
    message: `VOUCHSAFE_SESSION is not used here: ${variable} shows that an AI agent runs this command, and a session opens everything.`,
    next: 'Run it in a terminal of your own, or give the agent a token: `vouchsafe agent create NAME --vault VAULT`.',
  });
}

const TRIES = 3;

async function askForPassword(asked: Asked): Promise<OwnerDoor> {
  for (let tries = 1; ; tries += 1) {
    const password = await askPassword(asked.input);
    try {
      return await openBy(asked, { password });
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'locked' || tries === TRIES) throw error;
      asked.note('That is not the master password. Try again.');
    }
  }
}

async function askPassword(input: Input): Promise<string> {
  if (input.isInteractive) return input.secret('Master password:', NEXT_PASSWORD);
  throw new Refusal('locked', {
    message: 'The safe is locked, and there is no terminal to ask at.',
    next: NEXT_PASSWORD,
  });
}

type Key = { password: string } | { session: string } | { recoveryCode: string };

/** The owner's door. */
export async function openBy({ places, acceptRollback = false }: Asked, key: Key): Promise<OwnerDoor> {
  const { openOwner } = await import('../gate/open.js');
  return openOwner(places, { ...key, acceptRollback }, { origin: await cliOrigin() });
}

/** How this program names itself in the log. */
export async function cliOrigin(): Promise<Origin> {
  const { VERSION } = await import('../gate/version.js');
  return { client: { name: 'vouchsafe', version: VERSION }, transport: 'cli' };
}

/** The first line of a file that only its owner can read. Throws `locked`. */
export function readPasswordFile(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) === 0) return decode(readFileSync(path)).split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const message = 'The file that VOUCHSAFE_PASSWORD_FILE names cannot be read.';
    throw new Refusal('locked', { message, next: `Check ${path}, or unset VOUCHSAFE_PASSWORD_FILE.`, cause });
  }
  throw new Refusal('locked', {
    message: 'The file that VOUCHSAFE_PASSWORD_FILE names can be read by others.',
    next: `Run \`chmod 600 ${path}\`, then try again.`,
  });
}
