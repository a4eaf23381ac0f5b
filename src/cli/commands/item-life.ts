/** What happens to an item as a whole: `trash`, `restore`, `move`, `delete` and `history`. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { ItemShape, RevisionShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { ItemReference, OwnerDoor } from '../../gate/door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import type { Column } from '../output.js';
import { addItemFlags, itemOf } from './item-naming.js';
import { itemLine } from './item-text.js';
import type { PlaceFlags } from './naming.js';
import { confirmForGood } from './noun.js';
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
      change(context, 'Trashed', (door) => door.trashItem(itemOf(flags, argument))),
    ),
  );
}

function registerRestore(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('restore').alias('untrash')).description('take an item out of the trash');
  withExamples(command, ['vouchsafe item restore Staging/Grafana']).action(
    run((context, argument: string | undefined, flags: PlaceFlags) =>
      change(context, 'Restored', (door) => door.restoreItem(trashed(itemOf(flags, argument)))),
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
      change(context, 'Moved', (door) => door.moveItem(itemOf(flags, argument), { by: 'any', text: flags.to })),
    ),
  );
}

async function change(context: Context, done: string, work: (door: OwnerDoor) => Promise<ItemShape>): Promise<void> {
  const item = await work(await context.owner());
  context.out.one(item, `${done} ${itemLine(item)}`);
}

function trashed(reference: ItemReference): ItemReference {
  return { ...reference, trashed: true };
}

interface DeleteFlags extends PlaceFlags {
  readonly force?: boolean;
}

function registerDelete(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('delete'))
    .description('delete an item for good, with its history')
    .addOption(new Option('--force', 'do not ask'));
  withExamples(command, ['vouchsafe item delete Staging/Grafana', 'vouchsafe item delete --item-id ID --force']).action(
    run(async (context, argument: string | undefined, flags: DeleteFlags) => {
      const door = await context.owner();
      const found = await findAnywhere(door, itemOf(flags, argument));
      await confirmForGood(
        context,
        `Delete ${escapeText(found.title)} in ${escapeText(found.vault)} for good?`,
        flags.force === true,
      );
      const gone = await door.deleteItem({ item: { by: 'id', text: found.id } });
      context.out.one(gone, `Deleted ${itemLine(gone)}`);
    }),
  );
}

/** The item, in the trash or not. Throws `ambiguous` if there is one of that name in both. */
async function findAnywhere(door: OwnerDoor, reference: ItemReference): Promise<ItemShape> {
  const kept = await orNone(door.viewItem(reference, []));
  const gone = await orNone(door.viewItem(trashed(reference), []));
  if (kept === undefined || gone === undefined || kept.id === gone.id) {
    return kept ?? gone ?? door.viewItem(reference, []);
  }
  throw new Refusal('ambiguous', {
    message: 'There is one of this name in the trash, and one outside.',
    next: `Name it by its id: ${kept.id}, or ${gone.id} in the trash.`,
    candidates: [kept.id, gone.id],
  });
}

async function orNone(found: Promise<ItemShape>): Promise<ItemShape | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not_found') return undefined;
    throw error;
  }
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
    .description('the revisions of an item, or back to one of them')
    .option('--revert <n>', 'make revision N the newest again; what came after stays in the history');
  withExamples(command, [
    'vouchsafe item history "DB password"',
    'vouchsafe item history "DB password" --revert 2',
  ]).action(
    run(async (context, argument: string | undefined, flags: HistoryFlags) => {
      const reference = trashed(itemOf(flags, argument));
      if (flags.revert !== undefined) {
        const revision = wholeNumber('revert', flags.revert);
        return change(context, `Back to revision ${String(revision)}:`, (door) => door.revertItem(reference, revision));
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
