/** generateContent and streamGenerateContent of the Gemini API. */
import { sendEvents, type Body, type Turn, type Wire } from './wire.ts';

export const gemini: Wire = {
  isModelCall: (path) => /:(streamG|g)enerateContent$/.test(path),
  tools: (body) =>
    (body.tools ?? []).flatMap(({ functionDeclarations = [] }: Body) =>
      functionDeclarations.map(({ name }: Body) => name),
    ),
  results: (body) =>
    body.contents
      .flatMap(({ parts = [] }: Body) => parts)
      .filter((part: Body) => part.functionResponse !== undefined)
      .map(({ functionResponse }: Body) => JSON.stringify(functionResponse.response)),
  answer(response, turn, body) {
    const isStream = response.req.url?.includes('streamGenerateContent') === true;
    const answer = answerOf(turn, body);
    if (isStream) sendEvents(response, [answer], false);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  },
};

function answerOf(turn: Turn, body: Body): object {
  // A side question, such as which model should answer, wants JSON of a shape of its own.
  const wantsJson = body.generationConfig?.responseMimeType === 'application/json';
  const said =
    'text' in turn ? { text: wantsJson ? '{}' : turn.text } : { functionCall: { name: turn.tool, args: turn.input } };
  return {
    candidates: [{ index: 0, content: { role: 'model', parts: [said] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    modelVersion: 'stand-in',
  };
}
