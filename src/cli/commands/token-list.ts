/** `pat list`. */
import { stripVTControlCharacters } from 'node:util';
import { Refusal } from '../../core/refusal.js';
import type { TokenShape } from '../../core/shapes.js';
import type { OwnerDoor, TokenQuery } from '../../gate/door.js';
import type { TokenActivity } from '../../gate/log-door.js';
import { drawSparks, glyphsOf } from '../chart.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import type { Output } from '../output.js';
import { displayWidth } from '../width.js';
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
      const { data, nextCursor } = await door.listTokens(query);
      const human =
        flags.brief === true
          ? context.out.fold(briefText(data, context.out.local))
          : await tableOf(context, door, data);
      printTokens(context, { data, nextCursor, human, noun: noun.name });
    }),
  );
}

interface Listed {
  readonly data: readonly TokenShape[];
  readonly nextCursor: string | null;
  readonly human: string;
  readonly noun: Noun['name'];
}

function printTokens({ out }: Context, { data, nextCursor, human, noun }: Listed): void {
  out.list(data, nextCursor, human);
  if (data.length === 0 && out.format === 'human') out.note(`No tokens. Make one: vouchsafe ${noun} create NAME`);
}

/** The table for people, on a wide terminal with what each token did lately. */
async function tableOf({ out }: Context, door: OwnerDoor, tokens: readonly TokenShape[]): Promise<string> {
  if (tokens.length === 0 || out.format !== 'human') return '';
  const plain = tokenTable(tokens, out);
  const width = trendWidth(plain, out);
  const activity = width === 0 ? [] : await activityOf(door);
  if (activity.length === 0) return plain;
  const glyphs = glyphsOf(out.isUtf8);
  return tokenTable(tokens, out, new Map(activity.map(({ id, days }) => [id, drawSparks(days, width, glyphs)])));
}

/** Of 30 days: one mark for each, for two, or for three. */
const WIDTHS = [30, 15, 10];

/** The most marks for which the terminal has room beside the table; 0 where it has none, or there is no terminal. */
function trendWidth(table: string, { isTerminal, width }: Pick<Output, 'isTerminal' | 'width'>): number {
  const taken = Math.max(...stripVTControlCharacters(table).split('\n').map(displayWidth));
  return isTerminal ? (WIDTHS.find((marks) => taken + 2 + marks <= width) ?? 0) : 0;
}

/** None where the log does not open: tokens must be listed all the same, and `audit verify` says what is wrong. */
async function activityOf(door: OwnerDoor): Promise<readonly TokenActivity[]> {
  try {
    return await door.tokenActivity();
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return [];
    throw error;
  }
}
