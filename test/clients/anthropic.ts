/** The Messages API, streaming. */
import { sendEvents, type Body, type Turn, type Wire } from './wire.ts';

const USAGE = { input_tokens: 1, output_tokens: 1 };

export const anthropic: Wire = {
  isModelCall: (path) => /^\/v1\/messages$/.test(path),
  tools: (body) => [...(body.tools ?? []).map(({ name }: Body) => name), ...deferred(body)],
  results: (body) =>
    body.messages
      .flatMap(({ content }: Body) => (Array.isArray(content) ? content : []))
      .filter(({ type }: Body) => type === 'tool_result')
      .map(({ content }: Body) => (typeof content === 'string' ? content : JSON.stringify(content))),
  answer(response, turn, body) {
    if (body.stream === true) sendEvents(response, events(turn, body.model), true);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole(turn, body.model)));
  },
};

/** Tools whose names alone are told, each on a line in the text around; the rest of one comes when it is asked for. */
function deferred({ messages }: Body): readonly string[] {
  const texts = messages.flatMap(({ content }: Body) =>
    typeof content === 'string' ? [content] : content.map(textOf),
  );
  return texts.flatMap((text: string) => [...text.matchAll(/^mcp__\w+$/gm)].map(([name]) => name));
}

function textOf(part: Body): string {
  return part.text ?? '';
}

function block(turn: Turn): { readonly start: object; readonly delta: object; readonly reason: string } {
  if ('text' in turn) {
    return {
      start: { type: 'text', text: '' },
      delta: { type: 'text_delta', text: turn.text },
      reason: 'end_turn',
    };
  }
  return {
    start: { type: 'tool_use', id: `toolu_${crypto.randomUUID()}`, name: turn.tool, input: {} },
    delta: { type: 'input_json_delta', partial_json: JSON.stringify(turn.input) },
    reason: 'tool_use',
  };
}

function message(model: string): object {
  return {
    id: 'msg_standin',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: USAGE,
  };
}

function whole(turn: Turn, model: string): object {
  const { start, reason } = block(turn);
  const content = 'text' in turn ? { ...start, text: turn.text } : { ...start, input: turn.input };
  return { ...message(model), content: [content], stop_reason: reason };
}

function events(turn: Turn, model: string): readonly object[] {
  const { start, delta, reason } = block(turn);
  return [
    { type: 'message_start', message: message(model) },
    { type: 'content_block_start', index: 0, content_block: start },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: USAGE },
    { type: 'message_stop' },
  ];
}
