/** Options that several commands share, and further spellings of one option. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';

/** Another spelling of an option: it fills the same value, the last one given counts, and help does not list it. */
class AliasOption extends Option {
  readonly #attribute: string;

  constructor(flags: string, attribute: string) {
    super(flags);
    this.#attribute = attribute;
    this.hideHelp();
  }

  override attributeName(): string {
    return this.#attribute;
  }
}

/** Adds the option and its further spellings (`--expires`), which take the same kind of value. */
export function addWithAliases(command: Command, option: Option, aliases: readonly string[]): Command {
  command.addOption(option);
  const argument = /<.*>$/.exec(option.flags)?.[0] ?? '';
  for (const alias of aliases) {
    const other = new AliasOption(`${alias} ${argument}`.trim(), option.attributeName());
    if (option.parseArg !== undefined) other.argParser(option.parseArg);
    command.addOption(other);
  }
  return command;
}

/** `--expiration`, `--expires` and `--expiry`, also from `VOUCHSAFE_EXPIRATION`. */
export function addExpiration(command: Command, what: string): Command {
  const option = new Option(
    '--expiration <when>',
    `${what}: 1d, 1w, 3m, 1y, a number of days, or a date (also --expires, --expiry)`,
  );
  return addWithAliases(command, option.env('VOUCHSAFE_EXPIRATION'), ['--expires', '--expiry']);
}

/** `--cursor` and `--limit`, also from the environment. */
export function addPaging(command: Command): Command {
  return command
    .addOption(
      new Option('--cursor <cursor>', 'where to go on: the cursor that the page before ended with').env(
        'VOUCHSAFE_CURSOR',
      ),
    )
    .addOption(new Option('--limit <n>', 'how many, 1 to 1000 (50)').env('VOUCHSAFE_LIMIT'));
}

/** What {@link addPaging} reads. */
export interface PagingFlags {
  readonly cursor?: string;
  readonly limit?: string;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;

/** The page that the flags mean. Throws `invalid_request`. */
export function pageOf({ cursor, limit }: PagingFlags): { readonly limit: number; readonly cursor?: string } {
  return { limit: parseLimit(limit), ...(isGiven(cursor) ? { cursor } : {}) };
}

function parseLimit(text: string | undefined): number {
  if (!isGiven(text)) return DEFAULT_LIMIT;
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new Refusal('invalid_request', {
    message: 'The limit is not a number from 1 to 1000.',
    next: `Write --limit ${String(DEFAULT_LIMIT)}, and go on with --cursor.`,
  });
}

/** Whether a value is there. A variable of the environment that is empty counts as not given. */
export function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/** Collects a repeatable option; one value may hold several with commas between them. */
export function collectWords(value: string, before: readonly string[] = []): readonly string[] {
  const words = value.split(',').map((word) => word.trim());
  return [...before, ...words.filter((word) => word !== '')];
}

/** Collects a repeatable option as it is. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
