/** The noun `inbox`: what agents ask for, and the owner's answer. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { InboxRequestShape } from '../../core/inbox-shapes.js';
import { escapeText } from '../../core/text.js';
import type { Approval } from '../../gate/door.js';
import type { Reference } from '../../gate/named.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { cardText, inboxTable, usesText } from './inbox-text.js';
import { addLimits, limitFlagsOf, type LimitFlags } from './limit-flags.js';
import { byAny } from './naming.js';
import { addExpiration, addWithAliases, isGiven } from './option-alias.js';
import { expiryText, grantText } from './token-text.js';

interface ListFlags {
  readonly all?: boolean;
}

interface ApproveFlags extends LimitFlags {
  readonly role?: string;
  readonly expiration?: string;
  readonly vault?: string;
  readonly item?: string;
  readonly for?: string;
  readonly uses?: string;
  readonly because?: string;
}

/** Adds `inbox` to the program; without a verb it lists. */
export function register(program: Command, run: Runner): void {
  const inbox = program.command('inbox').description('what agents ask for: approve or deny it');
  inbox.action(run(async (context) => list(context, {})));
  registerList(inbox, run);
  registerShow(inbox, run);
  registerApprove(inbox, run);
  registerDeny(inbox, run);
  registerBypass(inbox, run);
}

function registerList(inbox: Command, run: Runner): void {
  const command = inbox
    .command('list')
    .description('the requests that wait')
    .option('--all', 'decided and expired ones too');
  withExamples(command, ['vouchsafe inbox', 'vouchsafe inbox list --all --json']).action(
    run(async (context, flags: ListFlags) => list(context, flags)),
  );
}

async function list(context: Context, flags: ListFlags): Promise<void> {
  const { out } = context;
  const requests = await (await context.owner()).listRequests({ all: flags.all === true });
  out.list(requests, null, requests.length === 0 ? '' : inboxTable(requests, out));
  if (out.format !== 'human') return;
  if (requests.length === 0) out.note('No agent asks for anything.');
  else if (requests.some(({ state }) => state === 'pending'))
    out.note('Next: vouchsafe inbox show ID, then inbox approve ID, or deny ID --because TEXT');
}

function registerShow(inbox: Command, run: Runner): void {
  const command = inbox.command('show <id>').description('one request, and what approving it would do');
  withExamples(command, ['vouchsafe inbox show law-hotel-shape-community']).action(
    run(async (context, id: string) => {
      const card = await (await context.owner()).showRequest(id);
      context.out.one(card, cardText(card, context.out));
    }),
  );
}

function registerApprove(inbox: Command, run: Runner): void {
  const command = inbox
    .command('approve <id>')
    .description('give the access that is asked for, or less of it; or let a use pass')
    .option('--for <time>', 'of a use: how long it may be made, at most a day (10min)')
    .option('--uses <n>', 'of a use: how often (1)')
    .option('--role <role>', 'viewer, editor or manager (as asked)');
  addLimits(addExpiration(command, 'when this access ends (as asked)'))
    .option('--vault <vault>', 'this vault, by id or name (as asked)')
    .option('--item <item>', 'only this item, by id or title (as asked)')
    .option('--because <text>', 'words for the agent');
  withExamples(command, [
    'vouchsafe inbox approve law-hotel-shape-community --expiration 1d --max-uses 3',
    'vouchsafe inbox approve law-hotel-shape-community --role viewer --field password',
    'vouchsafe inbox approve law-hotel-shape-community --for 15min --uses 3',
  ]).action(
    run(async (context, ...[id, flags]: [string, ApproveFlags]) => {
      const { request, grant } = await (await context.owner()).approveRequest(id, approvalOf(flags));
      const { out } = context;
      const who = escapeText(request.token.name);
      if (request.kind === 'use') out.say(request, `Approved for ${who}: ${usesText(request, out.local)}`);
      else if (grant !== undefined)
        out.say({ request, grant }, `Approved for ${who}:\n- ${grantText(grant, out.local)}`);
    }),
  );
}

function approvalOf(flags: ApproveFlags): Approval {
  const { role, expiration, because, for: time, uses } = flags;
  const [vault, item] = [byAny(flags.vault), byAny(flags.item)];
  return {
    ...limitFlagsOf(flags),
    ...(role === undefined ? {} : { role }),
    ...(isGiven(expiration) ? { expiration } : {}),
    ...(time === undefined ? {} : { for: time }),
    ...(uses === undefined ? {} : { uses }),
    ...(because === undefined ? {} : { because }),
    ...(vault === undefined ? {} : { vault }),
    ...(item === undefined ? {} : { item }),
  };
}

function registerDeny(inbox: Command, run: Runner): void {
  const command = inbox
    .command('deny <id>')
    .description('refuse a request; the agent is told why')
    .requiredOption('--because <text>', 'your words to the agent');
  withExamples(command, ['vouchsafe inbox deny law-hotel-shape-community --because "Use the staging vault"']).action(
    run(async (context, ...[id, { because }]: [string, { because: string }]) => {
      const request: InboxRequestShape = await (await context.owner()).denyRequest(id, because);
      context.out.say(request, `Denied. ${escapeText(request.token.name)} is told why when it asks.`);
    }),
  );
}

interface BypassFlags {
  readonly agent?: string;
  readonly for?: string;
  readonly end?: boolean;
}

function registerBypass(inbox: Command, run: Runner): void {
  const command = inbox.command('bypass').description('let a token do without approvals for a time; recorded');
  addWithAliases(command, new Option('--agent <token>', 'the token, by id or name (also --token)'), ['--token'])
    .option('--for <time>', 'from now on, at most 8 hours: 15min, 1h')
    .option('--end', 'approvals are needed again, from now on');
  withExamples(command, [
    'vouchsafe inbox bypass --agent deploy-bot --for 1h',
    'vouchsafe inbox bypass --agent deploy-bot --end',
  ]).action(
    run(async (context, flags: BypassFlags) => {
      const [token, time] = bypassOf(flags);
      const set = await (await context.owner()).bypass(token, time);
      const name = escapeText(set.token.name);
      const until = expiryText(set.until, context.out.local);
      context.out.say(
        set,
        set.until === null ? `${name} needs approvals again.` : `${name} needs no approval until ${until}.`,
      );
    }),
  );
}

function bypassOf({ agent, for: time, end }: BypassFlags): readonly [Reference, string | null] {
  const token = byAny(agent);
  if (token === undefined) refuse('No token is named', 'Add --agent NAME: vouchsafe pat list shows them.');
  if ((time === undefined) === (end !== true))
    refuse('How long no approval is needed is said with --for, or ended with --end', 'For example --for 1h, or --end.');
  return [token, time ?? null];
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
