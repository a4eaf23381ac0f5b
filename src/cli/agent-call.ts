/** What a command does as a token: one call at the gate. */
import { formatTime } from '../core/expiry.js';
import { cliOrigin } from './access.js';
import type { ItemShape } from '../core/shapes.js';
import type { AgentError } from '../gate/call.js';
import type { Acting, Context } from './context.js';
import { AnsweredRefusal } from './failure.js';

/** A tool and its arguments but the reason. Absent ones may be undefined. */
export interface ToolCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * The result of the call. The reason is that of `--reason` or `VOUCHSAFE_AGENT_REASON`, if there is one: whether it is
 * needed, the gate decides. Throws what the gate refuses.
 */
export async function callTool(
  context: Context,
  { door, problem }: Acting & { kind: 'token' },
  call: ToolCall,
): Promise<Readonly<Record<string, unknown>>> {
  const given = Object.entries({ ...call.arguments, reason: context.flags.reason });
  const { client } = await cliOrigin();
  const answer = await door.call({
    tool: call.tool,
    arguments: Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    client,
  });
  if (answer.ok) return answer.result;
  throw answeredRefusal(answer.error, problem);
}

/** What the gate refused, in the words of the command line. `problem` is what is wrong with how the token was given. */
export function answeredRefusal(error: AgentError, problem: string | null): AnsweredRefusal {
  const { code, message, next } = error;
  const said = problem === null || code !== 'unauthenticated' ? message : `${problem} ${message}`;
  return new AnsweredRefusal({ ...error, message: said, next: asCommands(next, error.retry_at) });
}

/** The item that the call answers with. Throws as {@link callTool}. */
export async function callForItem(
  context: Context,
  acting: Acting & { kind: 'token' },
  call: ToolCall,
): Promise<ItemShape> {
  const { item } = await callTool(context, acting, call);
  return item as ItemShape; // The gate's own shape.
}

/** The gate says what to do in the words of an MCP client: each tool's name, and the command that does the same. */
const COMMANDS: readonly (readonly [words: RegExp, command: string])[] = [
  [/Call again with a reason that says/, 'Add --reason (or set VOUCHSAFE_AGENT_REASON) that says'],
  [/Send the same call with reason:/, 'Add --reason:'],
  [/Call whoami/, 'Run `vouchsafe info`'],
  [/Call get_totp/, 'Run `vouchsafe item totp`'],
  [/Call get_item/, 'Run `vouchsafe item view`'],
  [/Look it up with search_items, then send its id/, 'Look it up with `vouchsafe item list`, then use its id'],
  [/Look it up with search_items/, 'Look it up with `vouchsafe item list`'],
  [/send the same call again, word for word/, 'run the same command again'],
  [/call http_request, or run_recipe with/, 'run `vouchsafe fetch`, or `vouchsafe recipe run` with'],
  [/Send the id of/, 'Use the id of'],
  [/Get the item again, then send your change with its revision\.?/, 'Look at it again: vouchsafe item view ITEM'],
  [/Send the arguments that tools\/list names for \w+, and no others/, 'See what the command takes with --help'],
  [/or start with --token-file/, 'or use --token-file'],
  [/ask the owner: call request_access.*$/, 'ask the owner, who gives access with `vouchsafe grant`.'],
];

/** Where it says when to try again, people are told the time itself. */
function asCommands(next: string, retryAt: string | undefined): string {
  const said =
    retryAt === undefined ? next : next.replace('until retry_at', `until ${formatTime(Date.parse(retryAt))}`);
  return COMMANDS.reduce((text, [words, command]) => text.replace(words, command), said);
}
