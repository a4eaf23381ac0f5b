/** The query language of the log in few words: what each qualifier looks at, and queries to begin with. */
import type { Qualifier } from '../../core/query.js';

/** What stands after the colon, and what is found by it. */
export const QUALIFIER_WORDS: Readonly<Record<Qualifier, string>> = {
  agent: 'an agent, by name or id; * at the end of a name',
  token: 'any token, by name or id',
  vault: 'about a vault, by name or id',
  item: 'about an item, by name or id',
  title: 'words in the title of the item',
  reason: 'words in the reason',
  action: 'what was done; item.* for all that begin so',
  outcome: 'granted, refused or error',
  code: 'why it was refused',
  field: 'naming a field',
  client: 'the program that asked',
  transport: 'the way it came',
  signal: 'out of the ordinary',
  grant: 'under a grant, by its id',
  seq: 'numbers of entries: 42, >=42, 10..20',
  created: 'a time: today, 7d, 2026-11-01, 7d..1d',
};

/** Queries that can be tried, each with what it finds. */
export const EXAMPLES: readonly (readonly [query: string, finds: string])[] = [
  ['outcome:refused created:7d', 'What was refused within the last seven days.'],
  ['action:item.read,item.use created:today', 'Secrets that were read or used today.'],
  ['signal:burst,off-hours', 'Bursts, and hours in which the token never worked before.'],
  ['reason:migration -title:"Status page"', 'Reasons that speak of a migration, but not those about that item.'],
  ['"staging outage"', 'These words together, in a reason, a title or the name of a vault.'],
  ['transport:console action:settings.set', 'Settings that were changed here.'],
  ['created:2026-11-01..2026-11-05', 'Five days, from the first to the last of them.'],
  ['seq:100..200', 'Entries by their numbers.'],
];
