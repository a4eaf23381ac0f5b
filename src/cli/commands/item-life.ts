/** What happens to an item as a whole: `trash`, `restore`, `move` and `history`. */
import type { Command } from 'commander';
import type { ItemShape, RevisionShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { ItemReference } from '../../gate/named.js';
import { callForItem } from '../agent-call.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import type { Column } from '../output.js';
import { registerDelete } from './item-delete.js';
import { addItemFlags, itemOf, toolArguments, trashed } from './item-naming.js';
import { itemLine } from './item-text.js';
import type { PlaceFlags } from './naming.js';
import { wholeNumber } from './secret-shape.js';

/** Adds the verbs to the noun. */
export function registerLife(item: Command, run: Runner): void {
  registerTrash(item, run);
  registerRestore(item, run);
  registerMove(item, run);
  registerDelete(item, run);
  registerHistory(item, run);
}

function registerTrash(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('trash')).description('put an item in the trash: tokens no longer see it');
  withExamples(command, ['vouchsafe item trash Staging/Grafana']).action(
    run((context, argument: string | undefined, flags: PlaceFlags) =>
      change(context, itemOf(flags, argument), {
        done: 'Trashed',
        owner: (door, item) => door.trashItem(item),
        tool: 'trash_item',
        undo: 'vouchsafe item restore',
      }),
    ),
  );
}

function registerRestore(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('restore').alias('untrash')).description('take an item out of the trash');
  withExamples(command, ['vouchsafe item restore Staging/Grafana']).action(
    run((context, argument: string | undefined, flags: PlaceFlags) =>
      change(context, itemOf(flags, argument), {
        done: 'Restored',
        owner: (door, item) => door.restoreItem(trashed(item)),
        tool: 'restore_item',
      }),
    ),
  );
}

interface MoveFlags extends PlaceFlags {
  readonly to: string;
}

function registerMove(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('move'))
    .description('move an item to another vault: it gets a new id, and access to it alone ends')
    .requiredOption('--to <vault>', 'the vault by id or name');
  withExamples(command, ['vouchsafe item move Staging/Grafana --to Production']).action(
    run((context, argument: string | undefined, flags: MoveFlags) =>
      change(context, itemOf(flags, argument), {
        done: 'Moved',
        owner: (door, item) => door.moveItem(item, { by: 'any', text: flags.to }),
        tool: 'move_item',
        more: { to_vault: flags.to },
      }),
    ),
  );
}

/** One change of an item: the owner's method, and the tool that does the same for a token. */
interface Change {
  readonly done: string;
  readonly owner: (door: OwnerDoor, item: ItemReference) => Promise<ItemShape>;
  readonly tool: string;
  /** What the tool takes besides the item. */
  readonly more?: Readonly<Record<string, string>>;
  /** The command that undoes it, without the item. */
  readonly undo?: string;
}

async function change(context: Context, reference: ItemReference, wanted: Change): Promise<void> {
  const { done, owner, tool, more, undo } = wanted;
  const { out } = context;
  const acting = await context.acting();
  const item =
    acting.kind === 'owner'
      ? await owner(acting.door, reference)
      : await callForItem(context, acting, { tool, arguments: { ...toolArguments(reference), ...more } });
  out.say(item, `${done} ${itemLine(item)}`);
  if (undo !== undefined && out.format === 'human') out.note(`To take it back: ${undo} ${item.id}`);
}

interface HistoryFlags extends PlaceFlags {
  readonly revert?: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'revision', title: 'rev', alignRight: true, whole: true },
  { key: 'when', title: 'when', whole: true },
  { key: 'author', title: 'by' },
  { key: 'title', title: 'title' },
  { key: 'fields', title: 'fields' },
  { key: 'state', title: 'state', whole: true },
];

function registerHistory(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('history'))
    .description('the revisions of an item, or back to one of them; not for tokens')
    .option('--revert <n>', 'make revision N the newest again; what came after stays in the history');
  withExamples(command, [
    'vouchsafe item history "DB password"',
    'vouchsafe item history "DB password" --revert 2',
  ]).action(
    run(async (context, argument: string | undefined, flags: HistoryFlags) => {
      const reference = trashed(itemOf(flags, argument));
      if (flags.revert !== undefined) {
        const revision = wholeNumber('revert', flags.revert);
        const item = await (await context.owner()).revertItem(reference, revision);
        context.out.say(item, `Back to revision ${String(revision)}: ${itemLine(item)}`);
        return;
      }
      const door = await context.owner();
      const rows = await door.history(reference);
      context.out.list(rows, null, historyText(context, rows));
    }),
  );
}

function historyText({ out }: Context, rows: readonly RevisionShape[]): string {
  const shown = rows.map((row) => ({
    ...row,
    when: out.time(row.at),
    author: escapeText(row.author),
    state: row.trashed ? 'trashed' : '',
  }));
  const columns = rows.some(({ trashed: isTrashed }) => isTrashed)
    ? COLUMNS
    : COLUMNS.filter(({ key }) => key !== 'state');
  return out.table(columns, shown);
}
