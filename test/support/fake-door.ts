/** An agent's door without a safe behind it: answers by the name of the tool and remembers what it was asked. */
import type { AgentDoor, Answer, Call, ToolListing } from '../../src/gate/call.ts';

export interface FakeDoor extends AgentDoor {
  readonly calls: Call[];
  /** How many calls have been answered, and whether the door is closed. */
  readonly seen: { answered: number; closed: boolean };
  /** The tools it lists from now on; the owner's decision has an entry too. */
  list(names: readonly string[]): void;
}

export interface FakeDoorOptions {
  /** How long each call takes, but for `quick`. */
  readonly delayMs?: number;
}

const receipt = (seq: number): { seq: number; hash: string } => ({ seq, hash: seq.toString(16).padStart(64, '0') });

export function fakeDoor({ delayMs = 0 }: FakeDoorOptions = {}): FakeDoor {
  const calls: Call[] = [];
  const seen = { answered: 0, closed: false };
  let names: readonly string[] = ['whoami', 'get_item'];
  let decisions = 0;
  return {
    calls,
    seen,
    list: (next) => {
      names = next;
      decisions += 1;
    },
    call: async (call) => {
      calls.push(call);
      const seq = calls.length + decisions;
      await new Promise((resolve) => setTimeout(resolve, call.tool === 'quick' ? 0 : delayMs));
      seen.answered += 1;
      return answer(call, seq);
    },
    tools: () => Promise.resolve(names.map(listing)),
    identity: () => Promise.resolve({ name: 'test', isAgent: true, expiresAt: null }),
    close: () => {
      seen.closed = true;
      return Promise.resolve();
    },
  };
}

function answer(call: Call, seq: number): Answer {
  if (call.tool === 'throw') throw new Error('a secret detail');
  if (call.tool === 'noise') console.log('noise', seq);
  if (call.tool === 'whoami' || call.tool === 'get_item' || call.tool === 'quick' || call.tool === 'noise') {
    return {
      ok: true,
      result: { tool: call.tool, arguments: call.arguments, client: call.client },
      receipt: receipt(seq),
    };
  }
  const error = {
    code: 'invalid_request',
    message: 'There is no such tool.',
    next: 'Call whoami.',
    candidates: ['whoami'],
  };
  return { ok: false, error, receipt: call.tool === 'unrecorded' ? null : receipt(seq) };
}

function listing(name: string): ToolListing {
  return {
    name,
    title: name,
    description: `The tool ${name}.`,
    inputSchema: { type: 'object', properties: { reason: { type: 'string' } }, additionalProperties: false },
    outputSchema: { type: 'object', properties: { tool: { type: 'string' }, error: { type: 'object' } } },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  };
}
