/** `pat list`. */
import type { Page, TokenQuery } from '../../gate/door.js';
import type { TokenShape } from '../../core/shapes.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import type { Noun } from './noun.js';
import { addPaging, pageOf, type PagingFlags } from './option-alias.js';
import { briefText, tokenTable } from './token-text.js';

interface ListFlags extends PagingFlags {
  readonly all?: boolean;
  readonly brief?: boolean;
}

/** Adds `list` to the noun. */
export function registerList(noun: Noun): void {
  const command = noun.command
    .command('list')
    .description(noun.isAgent ? 'the tokens of agents' : 'the tokens')
    .option('--all', 'those that were deleted too')
    .option('--brief', 'one token a line: - [ID]: NAME (expires: DATE)');
  addPaging(command);
  withExamples(command, [`vouchsafe ${noun.name} list --local`, `vouchsafe ${noun.name} list --all --json`]).action(
    noun.run(async (context, flags: ListFlags) => {
      const query: TokenQuery = { all: flags.all === true, agentsOnly: noun.isAgent, ...pageOf(flags) };
      const door = await context.owner();
      printTokens(context, await door.listTokens(query), flags.brief === true);
    }),
  );
}

function printTokens({ out }: Context, { data, nextCursor }: Page<TokenShape>, isBrief: boolean): void {
  const human = isBrief ? briefText(data, out.local) : tokenTable(data, out);
  out.list(data, nextCursor, data.length === 0 ? '' : human);
  if (data.length === 0 && out.format === 'human') out.note('No tokens. Make one: vouchsafe pat create NAME');
}
