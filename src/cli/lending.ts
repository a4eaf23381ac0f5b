/** Values that a command uses: as a token through the gate, or as the owner. One use, and one entry, for each item. */
import type { Exposure } from '../core/limit-check.js';
import { printReference, referencePath, type SecretReference } from '../core/reference.js';
import { foldName } from '../core/text.js';
import { cliOrigin } from './access.js';
import { answeredRefusal } from './agent-call.js';
import type { Acting, Context } from './context.js';

/** What becomes of the values, and what for: it stands in the entry of each use. */
export interface Purpose {
  readonly exposure: Exclude<Exposure, 'hidden'>;
  readonly purpose: string;
}

/** All that was asked for. `secrets` are the values that must not be seen; `end` records how the uses ended. */
export interface Lent {
  valueOf(reference: SecretReference): string;
  readonly secrets: readonly string[];
  end(detail: string): Promise<void>;
}

/** Fields of one item. */
interface Wanted {
  readonly vault: string;
  readonly item: string;
  readonly references: readonly SecretReference[];
}

/** The use of one item: values by the paths they were named by. */
interface ItemUse {
  readonly values: ReadonlyMap<string, string>;
  readonly secrets: readonly string[];
  readonly end: (detail: string) => Promise<void>;
}

/** Lends all values or none: where one is refused, the uses before it end unused. Throws what the doors refuse. */
export async function lend(context: Context, references: readonly SecretReference[], of: Purpose): Promise<Lent> {
  const acting = await context.acting();
  const uses: { wanted: Wanted; use: ItemUse }[] = [];
  const end = async (detail: string): Promise<void> => {
    for (const { use } of uses) await use.end(detail);
  };
  try {
    for (const wanted of byItem(references)) uses.push({ wanted, use: await useOf(context, acting, { wanted, of }) });
  } catch (error) {
    await end('not used: another of the values was refused');
    throw error;
  }
  const values = new Map(uses.flatMap(({ wanted, use }) => valuesOf(wanted, use)));
  const secrets = uses.flatMap(({ use }) => use.secrets.map((name) => use.values.get(name) ?? ''));
  return { valueOf: (reference) => values.get(printReference(reference)) ?? '', secrets, end };
}

function byItem(references: readonly SecretReference[]): readonly Wanted[] {
  const groups = new Map<string, Wanted & { readonly references: SecretReference[] }>();
  for (const reference of references) {
    const { vault, item } = reference;
    const key = JSON.stringify([foldName(vault), foldName(item)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { vault, item, references: [reference] });
    else group.references.push(reference);
  }
  return [...groups.values()];
}

function valuesOf({ references }: Wanted, { values }: ItemUse): readonly (readonly [string, string])[] {
  return references.map((reference) => [printReference(reference), values.get(referencePath(reference)) ?? '']);
}

async function useOf(context: Context, acting: Acting, on: { wanted: Wanted; of: Purpose }): Promise<ItemUse> {
  const { wanted, of } = on;
  const { vault, item, references } = wanted;
  const paths = (isCode: boolean): string[] => [
    ...new Set(references.filter((reference) => reference.isCode === isCode).map(referencePath)),
  ];
  const [fields, codes] = [paths(false), paths(true)];
  if (acting.kind === 'owner') {
    const named = { vault: { by: 'any', text: vault }, item: { by: 'any', text: item } } as const;
    return acting.door.use(named, { fields, codes, purpose: of.purpose });
  }
  const { reason } = context.flags;
  const { client } = await cliOrigin();
  const asked = { vault, item, fields, codes, ...of, ...(reason === undefined ? {} : { reason }) };
  const answer = await acting.door.lend({ arguments: asked, client });
  if (!answer.ok) throw answeredRefusal(answer.error, acting.problem);
  const { lent: values, result, end } = answer;
  return { values, end, secrets: result['secrets'] as readonly string[] }; // The gate's own shape.
}
