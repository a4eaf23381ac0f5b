/** Fixture prompts. */
import {
  acceptedContent,
  type GetPromptResult,
  inputRequired,
  type InputRequiredResult,
  type Prompt,
  type PromptMessage,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Asked, PIXEL } from './fixture.ts';

interface FixturePrompt {
  readonly description: string;
  readonly takes?: readonly string[];
  readonly messages: (asked: Asked) => PromptMessage['content'][] | InputRequiredResult;
}

const CONTEXT = z.object({ context: z.string() });

const said = (text: string): PromptMessage['content'] => ({ type: 'text', text });

const PROMPTS: Readonly<Record<string, FixturePrompt>> = {
  test_simple_prompt: {
    description: 'A text',
    messages: () => [said('This is a simple prompt for testing.')],
  },
  test_prompt_with_arguments: {
    description: 'A text with two arguments in it',
    takes: ['arg1', 'arg2'],
    messages: ({ given }) => [
      said(`Prompt with arguments: arg1='${String(given['arg1'])}', arg2='${String(given['arg2'])}'`),
    ],
  },
  test_prompt_with_embedded_resource: {
    description: 'A resource and a text',
    takes: ['resourceUri'],
    messages: ({ given }) => {
      const text = 'Embedded resource content for testing.';
      const resource = { uri: String(given['resourceUri']), mimeType: 'text/plain', text };
      return [{ type: 'resource', resource }, said('Please process the embedded resource above.')];
    },
  },
  test_prompt_with_image: {
    description: 'A picture and a text',
    messages: () => [{ type: 'image', data: PIXEL, mimeType: 'image/png' }, said('Please analyze the image above.')],
  },
  test_input_required_result_prompt: {
    description: 'A text that needs something of the client',
    messages: ({ context }) => {
      const found = acceptedContent(context.mcpReq.inputResponses, 'user_context', CONTEXT);
      if (found !== undefined) return [said(`Context: ${found.context}`)];
      const message = 'What context should the prompt use?';
      return inputRequired({
        inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema: CONTEXT }) },
      });
    },
  },
};

/** As `prompts/list` shows them. */
export function listedPrompts(): Prompt[] {
  return Object.entries(PROMPTS).map(([name, { description, takes = [] }]) => ({
    name,
    description,
    arguments: takes.map((argument) => ({ name: argument, description: argument, required: true })),
  }));
}

/** What `prompts/get` answers; undefined where there is no such prompt. */
export function getPrompt(name: string, asked: Asked): GetPromptResult | InputRequiredResult | undefined {
  const prompt = Object.hasOwn(PROMPTS, name) ? PROMPTS[name] : undefined;
  const found = prompt?.messages(asked);
  if (!Array.isArray(found)) return found;
  return { messages: found.map((content) => ({ role: 'user', content })) };
}
