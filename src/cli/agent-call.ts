/** What a command does as a token: one call at the gate. */
import { cliOrigin } from './access.js';
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
  const { code, message } = answer.error;
  const said = problem === null || code !== 'unauthenticated' ? message : `${problem} ${message}`;
  throw new AnsweredRefusal({ ...answer.error, message: said });
}
