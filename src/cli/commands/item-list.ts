/** `item list`, by pages: as the owner, or through the gate as a token. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { ItemSummaryShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { Page } from '../../gate/log-door.js';
import { callTool } from '../agent-call.js';
import type { Acting, Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import type { Column } from '../output.js';
import { addVaultFlags, vaultOrDefault } from './item-naming.js';
import { parseType } from './item-values.js';
import { shellWord, vaultOf, type PlaceFlags } from './naming.js';
import { addPaging, pageOf, type PagingFlags } from './option-alias.js';

interface ListFlags extends PlaceFlags, PagingFlags {
  readonly type?: string;
  readonly trashed?: boolean;
}

/** Adds the verb to the noun. */
export function registerList(item: Command, run: Runner): void {
  const command = addVaultFlags(item.command('list'))
    .description('items, the newest change first; no secret is shown')
    .option('--type <type>', 'only items of this type')
    .addOption(new Option('--trashed', 'those in the trash, in place of the others; not for tokens'));
  withExamples(addPaging(command), [
    'vouchsafe item list --vault Production',
    'vouchsafe item list --type login --json',
    'vouchsafe item list --trashed',
  ]).action(
    run(async (context, flags: ListFlags) => {
      const { data, nextCursor } = await readPage(context, flags);
      const { out } = context;
      out.list(data, nextCursor, data.length === 0 ? '' : listText(context, data, await marksFor(context)));
      if (data.length === 0 && out.format === 'human') out.note(noneText(flags));
    }),
  );
}

const COLUMNS: readonly Column[] = [
  { key: 'title', title: 'title' },
  { key: 'type', title: 'type', whole: true },
  { key: 'username', title: 'user name' },
  { key: 'vault', title: 'vault' },
  { key: 'updated', title: 'changed', whole: true },
  { key: 'id', title: 'id', whole: true },
];

/** Below this width titles need the room that ids take; `--json` has them. */
const WIDE = 100;

const RULES: Column = { key: 'rules', title: 'rules', whole: true };

/** What the owner's list marks items with, by their ids; a token's marks nothing. */
async function marksFor(context: Context): Promise<ReadonlyMap<string, string>> {
  const acting = await context.acting();
  if (acting.kind === 'token' || context.out.format !== 'human') return new Map();
  const rules = [...(await acting.door.allItemRules())];
  return new Map(rules.map(([id, { approve, decoy }]) => [id, markOf(approve, decoy)]));
}

function markOf(approve: boolean, decoy: boolean): string {
  return [...(decoy ? ['decoy'] : []), ...(approve ? ['approve'] : [])].join(', ');
}

/** A list of a type or of the trash may be empty; one without these has a next step. */
function noneText(flags: ListFlags): string {
  if (flags.trashed === true) return 'Nothing is in the trash.';
  if (flags.type !== undefined) return 'There are no such items.';
  const vault = vaultOf(flags)?.text;
  const word = vault === undefined ? 'VAULT' : shellWord(escapeText(vault));
  return `No items. Make one: vouchsafe item create login --vault ${word}`;
}

function listText({ out }: Context, items: readonly ItemSummaryShape[], marks: ReadonlyMap<string, string>): string {
  const isNarrow = out.isTerminal && out.width < WIDE;
  const hasRules = items.some(({ id }) => (marks.get(id) ?? '') !== '');
  const known = hasRules ? COLUMNS.toSpliced(-1, 0, RULES) : COLUMNS;
  const columns = isNarrow ? known.filter(({ key }) => key !== 'id') : known;
  const rows = items.map((item) => ({ ...item, updated: out.time(item.updated_at), rules: marks.get(item.id) }));
  return out.table(columns, rows);
}

async function readPage(context: Context, flags: ListFlags): Promise<Page<ItemSummaryShape>> {
  const page = pageOf(flags);
  const type = flags.type === undefined ? undefined : parseType(flags.type);
  const acting = await context.acting();
  if (acting.kind === 'token') return askGate(context, acting, { ...flags, ...(type === undefined ? {} : { type }) });
  const vault = await vaultOrDefault(acting.door, flags);
  const filter = {
    ...(vault === undefined ? {} : { vault }),
    ...(type === undefined ? {} : { type }),
    ...(flags.trashed === true ? { trashed: true } : {}),
  };
  return cutPage(await ownersItems(acting.door, filter), page);
}

type Filter = Parameters<OwnerDoor['listItems']>[0];

async function ownersItems(door: OwnerDoor, filter: Filter): Promise<readonly ItemSummaryShape[]> {
  const items = await door.listItems(filter);
  return [...items].sort(compare);
}

/** Newest change first, then by id: an order in which a cursor stays valid whatever is added. */
function compare(a: Position, b: Position): number {
  if (a.updated_at !== b.updated_at) return a.updated_at < b.updated_at ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

type Position = Pick<ItemSummaryShape, 'updated_at' | 'id'>;

/** The page after the cursor, which is the place of the last item of the page before. */
function cutPage(items: readonly ItemSummaryShape[], page: { limit: number; cursor?: string }): Page<ItemSummaryShape> {
  const after = page.cursor === undefined ? undefined : readCursor(page.cursor);
  const rest = after === undefined ? items : items.filter((item) => compare(after, item) < 0);
  const data = rest.slice(0, page.limit);
  const last = data.at(-1);
  return { data, nextCursor: last === undefined || rest.length <= page.limit ? null : printCursor(last) };
}

function printCursor({ updated_at, id }: Position): string {
  return `${String(Date.parse(updated_at))}.${id}`;
}

function readCursor(cursor: string): Position {
  const [, at, id] = /^([0-9]{1,15})\.(\S{1,64})$/.exec(cursor) ?? [];
  if (at !== undefined && id !== undefined) return { updated_at: new Date(Number(at)).toISOString(), id };
  throw new Refusal('invalid_request', {
    message: 'The cursor is not one of a list of items.',
    next: 'Use the cursor that the page before ended with, or leave out --cursor.',
  });
}

/** The most that the gate gives on one page. */
const MOST = 200;

async function askGate(
  context: Context,
  acting: Acting & { kind: 'token' },
  flags: ListFlags,
): Promise<Page<ItemSummaryShape>> {
  if (flags.trashed === true) {
    throw new Refusal('forbidden', { message: 'A token does not see the trash.', next: 'Leave out --trashed.' });
  }
  const { limit, cursor } = pageOf(flags);
  const vault = vaultOf(flags)?.text;
  const isPlain = vault !== undefined && flags.type === undefined;
  const result = await callTool(context, acting, {
    tool: isPlain ? 'list_vault' : 'search_items',
    arguments: { vault, type: flags.type, cursor, limit: Math.min(limit, MOST) },
  });
  // The gate's own shapes.
  return { data: result['items'] as readonly ItemSummaryShape[], nextCursor: result['next_cursor'] as string | null };
}
