/** A recipe as people read it: items by their names, where the recipe itself holds ids. */
import { findReferences, printReference, replaceReferences } from '../../core/reference.js';
import { Refusal } from '../../core/refusal.js';
import type { RecipeShape } from '../../core/rule-shapes.js';
import type { OwnerDoor } from '../../gate/door.js';

interface Name {
  readonly vault: string;
  readonly title: string;
}

type Names = ReadonlyMap<string, Name>;

/** The same with the names that its items have now; an item that is gone keeps its id. */
export async function withNames(door: OwnerDoor, recipe: RecipeShape): Promise<RecipeShape> {
  const { command, request } = recipe;
  const names = await namesOf(door, idsIn(recipe));
  const texts = Object.entries(command?.environment ?? {}).map(
    ([name, text]) => [name, textWith(names, text)] as const,
  );
  const named = request === undefined ? undefined : names.get(request.item);
  const item = named === undefined ? request?.item : `${named.title} in ${named.vault} [${request?.item ?? ''}]`;
  return {
    ...recipe,
    ...(command === undefined ? {} : { command: { ...command, environment: Object.fromEntries(texts) } }),
    ...(request === undefined ? {} : { request: { ...request, item: item ?? '' } }),
  };
}

function idsIn({ command, request }: RecipeShape): ReadonlySet<string> {
  const texts = Object.values(command?.environment ?? {});
  const used = texts.flatMap((text) => findReferences(text).map(({ reference }) => reference.item));
  return new Set(request === undefined ? used : [request.item]);
}

async function namesOf(door: OwnerDoor, ids: ReadonlySet<string>): Promise<Names> {
  const names = new Map<string, Name>();
  for (const id of ids) {
    const found = await orNone(door.viewItem({ item: { by: 'id', text: id } }, []));
    if (found !== undefined) names.set(id, found);
  }
  return names;
}

async function orNone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not_found') return undefined;
    throw error;
  }
}

/** A reference that is all of the text needs no mark at its end. */
function textWith(names: Names, text: string): string {
  const named = replaceReferences(text, (reference) => {
    const name = names.get(reference.item);
    const { vault, title } = name ?? { vault: reference.vault, title: reference.item };
    return `{{ ${printReference({ ...reference, vault, item: title })} }}`;
  });
  return named.replace(/^\{\{ (\S+) \}\}$/, '$1');
}
