import { z } from 'zod';
import { holdsWords, matchesType, matchesUrl, searchWords } from '../core/matches.js';
import { outputs, page, vault } from './arguments.js';
import { pageOf } from './page.js';
import { DATA_NOTE, type ListedItem, READS, type Tool } from './tool.js';

const input = z.strictObject({
  query: z.string().max(300).optional().describe('Words in title, user name, URLs or tags'),
  url: z.string().max(2048).optional().describe('Items of this site'),
  type: z.string().max(40).optional(),
  vault: vault.optional(),
  ...page,
});
type Input = z.infer<typeof input>;

function matcher({ query, url, type }: Input): (listed: ListedItem) => boolean {
  const words = searchWords(query ?? '');
  return ({ row, haystack }) =>
    holdsWords(haystack, words) &&
    (type === undefined || matchesType(overviewOf(row), type)) &&
    (url === undefined || matchesUrl(overviewOf(row), url));
}

function overviewOf(row: ListedItem['row']): Parameters<typeof matchesUrl>[0] {
  return { type: row.type, title: row.title, username: row.username, urls: row.urls, tags: row.tags, fieldNames: [] };
}

export const searchItems: Tool<Input> = {
  name: 'search_items',
  title: 'Search items',
  description:
    'Find items among all you may see, by words, site (url) or type, without any secret. Then get_item with the id you found.',
  action: 'item.search',
  hints: READS,
  input,
  output: { items: outputs.array, next_cursor: outputs.cursor },
  async run(view, asked) {
    const found = (await view.items(asked.vault)).filter(matcher(asked));
    return { ...pageOf(found, asked), data_note: DATA_NOTE };
  },
};
