/** Which token a page is about, and where its pages are. */
import { Refusal } from '../../core/refusal.js';
import type { TokenShape } from '../../core/shapes.js';
import type { Reference } from '../../gate/named.js';
import type { ConsoleContext } from '../area.js';

/** The assets of the area. */
export const STYLES: readonly string[] = ['tokens.css'];

/** Where the pages of a token are; `part` is one of them. */
export function pathOf(id: string, part?: string): string {
  return part === undefined ? `/tokens/${id}` : `/tokens/${id}/${part}`;
}

/** The token that the address names, by its id. */
export function referenceOf(c: ConsoleContext): Reference {
  return { by: 'id', text: c.req.param('id') ?? '' };
}

/** The most that is looked at to find a token that nothing else finds. */
const MOST_TOKENS = 1000;

/** The token; also one whose rows were changed, which nothing else finds any more, but which can be ended. */
export async function findEndable(c: ConsoleContext): Promise<TokenShape> {
  const reference = referenceOf(c);
  try {
    return await c.get('door').findToken(reference);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'not_found') throw error;
    const { data } = await c.get('door').listTokens({ all: false, agentsOnly: false, limit: MOST_TOKENS });
    const known = data.find(({ id }) => id === reference.text);
    if (known === undefined) throw error;
    return known;
  }
}
