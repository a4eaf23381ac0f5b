/** A door onto a few fixed items, for the helpers; it notes what is read through it. */
import type { ItemDoor, OfferedItem } from '../../../src/cli/helper/lookup.js';
import type { Pipe } from '../../../src/cli/helper/pipe.js';
import { fieldPath } from '../../../src/core/item-field.js';
import { makeContent, overviewOf, type ContentInput } from '../../../src/core/item-content.js';
import { Refusal } from '../../../src/core/refusal.js';
import { isOfSite, siteOf } from '../../../src/core/site.js';

export interface FixedDoor extends ItemDoor {
  /** Title and fields of each reading. */
  readonly reads: readonly string[];
}

export interface FixedItem extends Omit<ContentInput, 'type' | 'fields'> {
  readonly type?: ContentInput['type'];
  readonly values: Readonly<Record<string, string>>;
}

export function fixedDoor(items: readonly FixedItem[], refusal?: Refusal): FixedDoor {
  const contents = items.map(({ values, type = 'login', ...rest }) =>
    makeContent({ ...rest, type, fields: Object.entries(values).map(([name, value]) => ({ name, value })) }),
  );
  const offered = contents.map((content, index): OfferedItem => ({
    ...overviewOf(content),
    id: String(index),
    vault: 'Work',
  }));
  const reads: string[] = [];
  return {
    reads,
    search: (url) => Promise.resolve(offered.filter((item) => isOfSite(item, siteOf(url)))),
    tagged: (tag) => Promise.resolve(offered.filter((item) => item.tags.includes(tag))),
    find: (name) => {
      const found = offered.find((item) => item.title === name);
      return found === undefined
        ? Promise.reject(new Refusal('not_found', { message: 'There is no such item.', next: 'List them.' }))
        : Promise.resolve(found);
    },
    read: (item, fields) => {
      if (refusal !== undefined) return Promise.reject(refusal);
      reads.push(`${item.title}: ${fields.join(', ')}`);
      const own = contents[Number(item.id)]!.fields.map((field) => [fieldPath(field), field.value] as const);
      return Promise.resolve(new Map(own.filter(([name]) => fields.includes(name))));
    },
  };
}

/** A pipe with that input, a piece at a time, and what was written to it. */
export function pipeOf(...pieces: readonly string[]): Pipe & { written(): string; warned(): string } {
  let text = '';
  let warning = '';
  return {
    input: (async function* () {
      for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
    })(),
    write: (more) => void (text += more),
    warn: (more) => void (warning += more),
    written: () => text,
    warned: () => warning,
  };
}

export const REFUSED = new Refusal('forbidden', { message: 'The token may not use it.', next: 'Ask the owner.' });
