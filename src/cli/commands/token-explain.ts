/** `pat access explain` and `pat tighten`: what a token may do, and what it needed. */
import { Refusal } from '../../core/refusal.js';
import type { ExplainedShape, ExplanationShape, TightenedShape, TighteningShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import { counted } from '../chart.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import type { Column } from '../output.js';
import { withProgress } from '../progress-bar.js';
import { limitsText } from './limit-flags.js';
import { addTokenFlags, byAny, tokenOf, type TokenFlags } from './naming.js';
import { referTo, resolveToken, type Noun } from './noun.js';
import { expiryText, reachText } from './token-text.js';

interface ExplainFlags extends TokenFlags {
  readonly item?: string;
  readonly vault?: string;
  readonly tool?: string;
  readonly at?: string;
}

/** Adds `explain` to `access` of the noun. */
export function registerExplain(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('explain [token] [item]'))
    .description('what a token would be answered about an item, and why; nothing is done')
    .option('--item <item>', 'the item by id or title, or as VAULT/ITEM')
    .option('--vault <vault>', 'the vault that it is in')
    .option('--tool <tool>', 'only this tool, such as get_item')
    .option('--at <time>', 'at this time: 2030-06-01T09:30Z, or +2h (now)');
  withExamples(command, [
    `vouchsafe ${noun.name} access explain deploy-bot "Production/DB password"`,
    `vouchsafe ${noun.name} access explain deploy-bot "DB password" --tool get_item --at 2030-06-01T03:00Z`,
  ]).action(
    noun.run(async (context, ...[first, second, flags]: [string | undefined, string | undefined, ExplainFlags]) => {
      const { token: named, item } = namedIn(flags, first, second);
      const door = await context.owner();
      const token = referTo(await resolveToken(noun, door, named));
      const vault = byAny(flags.vault);
      const explained = await door.explain({
        token,
        item: { item: { by: 'any', text: item }, ...(vault === undefined ? {} : { vault }) },
        ...(flags.tool === undefined ? {} : { tool: flags.tool }),
        ...(flags.at === undefined ? {} : { at: flags.at }),
      });
      context.out.say(explained, explainedText(context, explained));
    }),
  );
}

/** The token may be named by a flag: then the one argument is the item. */
function namedIn(flags: ExplainFlags, first: string | undefined, second: string | undefined) {
  const isByFlag = flags.patId !== undefined || flags.patName !== undefined || flags.token !== undefined;
  const [token, argument] = isByFlag && second === undefined ? [undefined, first] : [first, second];
  const item = flags.item ?? argument;
  if (item !== undefined && (flags.item === undefined || argument === undefined))
    return { token: tokenOf(flags, token), item };
  throw new Refusal('invalid_request', {
    message: item === undefined ? 'No item is named.' : 'The item is named twice.',
    next: 'Give it as the second argument or with --item.',
  });
}

const EXPLAINED: readonly Column[] = [
  { key: 'tool', title: 'tool', whole: true },
  { key: 'field', title: 'field' },
  { key: 'outcome', title: 'outcome', whole: true, style: (row) => (isRefused(row) ? 'red' : undefined) },
  { key: 'why', title: 'why', wrap: true },
];

function isRefused(row: object): boolean {
  return Reflect.get(row, 'isRefused') === true;
}

function explainedText({ out }: Context, { token, item, vault, at, results }: ExplanationShape): string {
  const head = `${escapeText(token.name)} and ${escapeText(item.title)} in vault ${escapeText(vault.name)}, at ${expiryText(at, out.local)}:`;
  const rows = results.map((result) => ({
    ...result,
    isRefused: result.outcome === 'refused',
    outcome: result.code === undefined ? result.outcome : `refused: ${result.code}`,
    why: whyOf(result, out.local),
  }));
  return [head, '', out.table(EXPLAINED, rows)].join('\n');
}

function whyOf({ why, grant, retry_at: retryAt }: ExplainedShape, isLocal: boolean): string {
  const by = grant === undefined ? '' : ` By its grant on ${reachText(grant)}.`;
  return `${why}${by}${retryAt === undefined ? '' : ` Open again ${expiryText(retryAt, isLocal)}.`}`;
}

interface TightenFlags extends TokenFlags {
  readonly since?: string;
  readonly apply?: boolean;
}

/** Adds `tighten` to the noun. */
export function registerTighten(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('tighten [token]'))
    .description('the least that a token needed lately; with --apply its access becomes that')
    .option('--since <time>', 'what counts: back so long, or since a date (30d)')
    .option('--apply', 'narrow it, and end what was not used');
  withExamples(command, [
    `vouchsafe ${noun.name} tighten deploy-bot`,
    `vouchsafe ${noun.name} tighten deploy-bot --since 7d --apply`,
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: TightenFlags) => {
      const named = tokenOf(flags, argument);
      const door = await context.owner();
      const token = referTo(await resolveToken(noun, door, named));
      const options = { apply: flags.apply === true, ...(flags.since === undefined ? {} : { since: flags.since }) };
      const tightened = await withProgress(context.out, 'Changing keys', async (progress) =>
        door.tighten(token, options, progress),
      );
      context.out.say(tightened, tightenedText(tightened, context.out.local));
    }),
  );
}

function tightenedText({ token, since, applied, grants }: TighteningShape, isLocal: boolean): string {
  const head = `What ${escapeText(token.name)} needed since ${expiryText(since, isLocal)}:`;
  const isLess = grants.some(({ change }) => change !== 'keep');
  const next = applied ? 'Done.' : 'To do all of it: the same command with --apply.';
  const lines =
    grants.length === 0 ? ['', '(it has no access)'] : grants.flatMap((grant) => ['', ...grantLines(grant)]);
  return [head, ...lines, ...(isLess ? ['', next] : [])].join('\n');
}

const CHANGES: Readonly<Record<TightenedShape['change'], string>> = {
  keep: 'keep it',
  end: 'end it',
  narrow: 'narrow it',
  split: 'only these items',
};

function grantLines({ grant, change, why, used, to, commands }: TightenedShape): readonly string[] {
  const role = to === undefined || to.role === grant.role ? [] : [`role ${to.role}`];
  const limits = to === undefined ? '' : limitsText(to.limits, {});
  const less = [...role, ...(limits === '' ? [] : [limits])].join(', ');
  return [
    `- ${reachText(grant)}: ${CHANGES[change]}. ${escapeText(why)}`,
    `  used: ${counted(used.calls, 'call')}, ${counted(used.uses, 'secret')} given, ${counted(used.items, 'item')}`,
    ...(less === '' ? [] : [`  to:   ${less}`]),
    ...(to?.items ?? []).map(({ id, title }) => `        ${title === null ? '(unknown)' : escapeText(title)} [${id}]`),
    ...commands.map((command) => `  $ ${escapeText(command)}`),
  ];
}
