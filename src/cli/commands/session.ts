/** Who acts here: `info`, `login` and `logout`; and what a bare `vouchsafe` says. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { CompromisedShape } from '../../core/rule-shapes.js';
import { escapeText } from '../../core/text.js';
import { checkOpens, isGiven } from '../access.js';
import { callTool } from '../agent-call.js';
import type { Acting, Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { credentialOf, dropToken, givenToken, keepToken, type TokenSource } from '../token-source.js';
import { type OpenChecklist, ownerInfo, tokenInfo, type Whoami } from './info-text.js';
import { expiryText } from './token-text.js';

/** Adds the commands to the program. */
export function register(program: Command, run: Runner): void {
  program.command('welcome', { hidden: true }).action(run(welcome));
  const infoCommand = program.command('info').description('who acts here, and the state of the safe or of the token');
  withExamples(infoCommand, ['vouchsafe info', 'vouchsafe info --token-file deploy-bot.token']).action(run(info));
  registerLogin(program, run);
  registerLogout(program, run);
}

/** Bare `vouchsafe`: the first thing to do, or where things stand. */
async function welcome(context: Context): Promise<void> {
  const { describeSafe } = await import('../../gate/open.js');
  const safe = await describeSafe(context.places);
  if (safe.exists && isGiven(context.asked())) return info(context);
  const home = context.places.home;
  if (!safe.exists) {
    context.out.say({ safe: null, home, next: 'vouchsafe init' }, FIRST.join('\n'));
    return;
  }
  const facts = { safe_id: safe.safeId ?? null, fingerprint: safe.fingerprint ?? null, locked: true, home };
  const lines = [
    `The safe in ${home} is locked.`,
    ...(safe.fingerprint === undefined ? [] : [`Fingerprint:  ${safe.fingerprint}`]),
    '',
    'eval "$(vouchsafe unlock)"   15 minutes without the password',
    'vouchsafe --help             all commands',
  ];
  context.out.say(facts, lines.join('\n'));
}

const FIRST = [
  'Vouchsafe lends credentials to AI agents, one stated reason at a time.',
  'There is no safe here yet.',
  '',
  'vouchsafe init     make your safe',
  'vouchsafe demo     see in a minute what it does, in a throw-away safe',
  'vouchsafe --help   all commands',
];

async function info(context: Context): Promise<void> {
  const acting = await context.acting();
  const { out, places } = context;
  if (acting.kind === 'token') {
    const facts = await whoami(context, acting);
    out.say({ kind: 'token', source: acting.source, ...facts }, tokenInfo(facts, { out, source: acting.source }));
    return;
  }
  const { safeId, fingerprint, ...counts } = await acting.door.info();
  const compromised = counts.compromised.length === 0 ? [] : (await acting.door.listCompromised()).map(openOf);
  const who = { kind: 'owner', source: acting.source, safe_id: safeId, fingerprint, home: places.home };
  const facts = { ...who, ...counts, compromised };
  out.say(facts, ownerInfo(facts, out));
}

function openOf({ token, items }: CompromisedShape): OpenChecklist {
  return { ...token, open: items.filter(({ done }) => !done).length };
}

async function whoami(context: Context, acting: Acting & { kind: 'token' }): Promise<Whoami> {
  // The result has the shape that the tool's output says.
  return (await callTool(context, acting, { tool: 'whoami', arguments: {} })) as unknown as Whoami;
}

function registerLogin(program: Command, run: Runner): void {
  const command = program.command('login').description('keep a token for what follows, until logout');
  withExamples(command, [
    'VOUCHSAFE_PERSONAL_ACCESS_TOKEN=vsp_… vouchsafe login',
    'vouchsafe login < deploy-bot.token',
  ]).action(run(login));
}

async function login(context: Context): Promise<void> {
  const source = givenToken(context.env, context.flags.tokenFile) ?? (await askedToken(context));
  const { credential } = source;
  if (credential.kind === 'absent') throw new Refusal('unauthenticated', { message: credential.problem, next: NEXT });
  await checkOpens(context.places);
  const { openAgent } = await import('../../gate/open-agent.js');
  const door = await openAgent(context.places, credential, { transport: 'cli' });
  context.onEnd(() => door.close());
  const facts = await whoami(context, {
    kind: 'token',
    door,
    source: source.source,
    name: null,
    isAgent: false,
    problem: null,
    requests: {},
  });
  keepToken(context.places, credential.text);
  const { id, name, expires_at } = facts.token;
  const until = expires_at === null ? '' : `, until ${expiryText(expires_at, context.out.local)}`;
  context.out.say({ id, name, expires_at }, `Logged in as the token ${escapeText(name)}${until}.`);
}

const NEXT = 'Set VOUCHSAFE_PERSONAL_ACCESS_TOKEN, use --token-file, or pipe the token to `vouchsafe login`.';

async function askedToken({ input }: Context): Promise<TokenSource> {
  const text = input.isPiped ? await input.stdin(NEXT) : await input.secret('Token:', NEXT);
  return { credential: credentialOf(text, 'What was given'), source: 'stdin', remedy: '' };
}

function registerLogout(program: Command, run: Runner): void {
  const command = program.command('logout').description('forget the token that login kept');
  withExamples(command, ['vouchsafe logout']).action(
    run(({ places, out }) => {
      const wasThere = dropToken(places);
      out.say({ logged_out: wasThere }, wasThere ? 'Logged out.' : 'There was no token to forget.');
      return Promise.resolve();
    }),
  );
}
