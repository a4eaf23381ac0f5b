import { z } from 'zod';
import { holdsWords, searchWords } from '../core/matches.js';
import { outputs, page, vault } from './arguments.js';
import { pageOf } from './page.js';
import { type ListedItem, READS, type Tool } from './tool.js';

const input = z.strictObject({
  query: z.string().max(300).optional().describe('Words in title, user name, URLs or tags'),
  url: z.string().max(2048).optional(),
  type: z.string().max(40).optional(),
  vault: vault.optional(),
  ...page,
});
type Input = z.infer<typeof input>;

type Matcher = (listed: ListedItem) => boolean;

async function matcher({ query, url, type }: Input): Promise<Matcher> {
  const words = searchWords(query ?? '');
  const isThere = url === undefined ? () => true : await siteMatcher(url);
  return (listed) =>
    holdsWords(listed.haystack, words) && (type === undefined || listed.row.type === type) && isThere(listed);
}

/** Loaded only for this: the list of public suffixes would double what a tool costs at the start. */
async function siteMatcher(url: string): Promise<Matcher> {
  const { isOfSite, siteOf } = await import('../core/site.js');
  const site = siteOf(url);
  return ({ row }) => isOfSite(row, site);
}

export const searchItems: Tool<Input> = {
  name: 'search_items',
  title: 'Search items',
  description:
    'Find items among all you may see, by words, site (url) or type; no secrets. Then get_item with the id you found.',
  action: 'item.search',
  hints: READS,
  input,
  output: { items: outputs.array, next_cursor: outputs.cursor },
  async run(view, asked) {
    const isMatch = await matcher(asked);
    return pageOf((await view.items(asked.vault)).filter(isMatch), asked);
  },
};
