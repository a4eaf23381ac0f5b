/** The Responses API, streaming. */
import { sendEvents, type Body, type Turn, type Wire } from './wire.ts';

export const openai: Wire = {
  isModelCall: (path) => /\/responses$/.test(path),
  tools: (body) => (body.tools ?? []).flatMap(namesOf),
  results: (body) =>
    body.input
      .filter(({ type }: Body) => type === 'function_call_output')
      .map(({ output }: Body) => (typeof output === 'string' ? output : JSON.stringify(output))),
  answer(response, turn) {
    const item = itemOf(turn);
    const done = { id: 'resp_standin', object: 'response', status: 'completed', output: [item], usage: USAGE };
    const events = [
      { type: 'response.created', response: { id: 'resp_standin', status: 'in_progress' } },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: done },
    ];
    sendEvents(response, events, true);
  },
};

const USAGE = {
  input_tokens: 1,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 1,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 2,
};

/** Between a namespace and the name of a tool in it, here. */
const JOINT = '/';

/** A tool, or a namespace with tools in it, which is called by both names. */
function namesOf({ name, type, tools }: Body): readonly string[] {
  if (type !== 'namespace') return name === undefined ? [] : [name];
  return tools.map((tool: Body) => `${name}${JOINT}${tool.name}`);
}

function itemOf(turn: Turn): object {
  if ('text' in turn) {
    const content = [{ type: 'output_text', text: turn.text, annotations: [] }];
    return { type: 'message', id: 'msg_standin', role: 'assistant', status: 'completed', content };
  }
  const id = crypto.randomUUID();
  return {
    type: 'function_call',
    id: `fc_${id}`,
    call_id: `call_${id}`,
    ...calledBy(turn.tool),
    arguments: JSON.stringify(turn.input),
    status: 'completed',
  };
}

function calledBy(tool: string): object {
  const [name = '', inside] = tool.split(JOINT);
  return inside === undefined ? { name } : { namespace: name, name: inside };
}
