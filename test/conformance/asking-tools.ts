/**
 * Fixture tools that need something of the client before they answer. They are written once: a client of 2026-07-28 is
 * told what is missing and calls again, one of 2025 is asked in the middle of the call.
 */
import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type ElicitRequestFormParams,
  type InputRequest,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Asked, type FixtureTool, type FixtureTools, text } from './fixture.ts';

type FormSchema = ElicitRequestFormParams['requestedSchema'];

interface State {
  readonly round: number;
  readonly name?: string;
}

/** What a client carries from one round to the next, signed: what was changed on the way is refused. */
export const STATE = createRequestStateCodec<State>({ key: randomBytes(32) });

const NAME = z.object({ name: z.string() });
const OK = z.object({ ok: z.boolean() });
const COLOR = z.object({ color: z.string() });

const askName = (message: string): InputRequest => inputRequired.elicit({ message, requestedSchema: NAME });
const askOk = (): InputRequest => inputRequired.elicit({ message: 'Please confirm', requestedSchema: OK });

function sample(prompt: string, maxTokens: number): InputRequest {
  const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }];
  return inputRequired.createMessage({ messages, maxTokens });
}

const responses = ({ context }: Asked): Readonly<Record<string, unknown>> => context.mcpReq.inputResponses ?? {};

/** The text that the client's model gave, if any. */
function sampled(asked: Asked, key: string): string | undefined {
  const response = inputResponse(responses(asked), key);
  if (response.kind !== 'sampling') return undefined;
  const { content } = response.result;
  return Array.isArray(content) || content.type !== 'text' ? 'something' : content.text;
}

/** The places that the client named, if it did. */
function roots(asked: Asked): string | undefined {
  const response = inputResponse(responses(asked), 'client_roots');
  return response.kind === 'roots' ? response.roots.map(({ uri }) => uri).join(' ') : undefined;
}

/** A tool that asks for the fields of a form, and says what became of that. */
function formTool(
  description: string,
  requestedSchema: FormSchema,
  more: Pick<FixtureTool, 'inputSchema'> = {},
): FixtureTool {
  return {
    description,
    ...more,
    run: (asked) => {
      const response = inputResponse(responses(asked), 'form');
      if (response.kind === 'elicit')
        return text(
          `Elicitation completed: action=${response.action}, content=${JSON.stringify(response.content ?? {})}`,
        );
      const { message: given } = asked.given;
      const message = typeof given === 'string' ? given : 'Please fill this in';
      return inputRequired({ inputRequests: { form: inputRequired.elicit({ message, requestedSchema }) } });
    },
  };
}

const USER: FormSchema = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
};

const DEFAULTS: FormSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

const OPTIONS = ['option1', 'option2', 'option3'];
const titled = (noun: string): { const: string; title: string }[] =>
  ['First', 'Second', 'Third'].map((nth, at) => ({ const: `value${String(at + 1)}`, title: `${nth} ${noun}` }));

const CHOICES: FormSchema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  },
};

const takes = (name: string): NonNullable<FixtureTool['inputSchema']> => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
});

/** Asks in one round, and answers when `answer` finds what it needs. */
function oneRound(
  description: string,
  ask: () => Readonly<Record<string, InputRequest>>,
  answer: (asked: Asked) => string | undefined,
): FixtureTool {
  return {
    description,
    run: (asked) => {
      const said = answer(asked);
      return said === undefined ? inputRequired({ inputRequests: ask() }) : text(said);
    },
  };
}

/** The same, with a state that has to come back as it left. */
function signedRound(
  description: string,
  ask: () => Readonly<Record<string, InputRequest>>,
  answer: (asked: Asked) => string | undefined,
): FixtureTool {
  return {
    description,
    run: async (asked) => {
      const said = asked.context.mcpReq.requestState<State>()?.round === 1 ? answer(asked) : undefined;
      if (said !== undefined) return text(`${said} (state-ok)`);
      return inputRequired({ inputRequests: ask(), requestState: await STATE.mint({ round: 1 }) });
    },
  };
}

const confirmed = (asked: Asked): string | undefined =>
  acceptedContent(responses(asked), 'confirm', OK) === undefined ? undefined : 'Confirmed.';

function greeted(asked: Asked): string | undefined {
  const name = acceptedContent(responses(asked), 'user_name', NAME)?.name;
  return name === undefined ? undefined : `Hello, ${name}!`;
}

function allOfThem(asked: Asked): string | undefined {
  const parts = [greeted(asked), sampled(asked, 'greeting'), roots(asked)];
  return parts.includes(undefined) ? undefined : parts.join(' ');
}

/** Whether the client says with the request that it can do something. */
function can({ context }: Asked, what: 'elicitation' | 'sampling'): boolean {
  const envelope: Readonly<Record<string, unknown>> = context.mcpReq.envelope ?? {};
  const declared = envelope[CLIENT_CAPABILITIES_META_KEY];
  return typeof declared === 'object' && declared !== null && what in declared;
}

export const ASKING_TOOLS: FixtureTools = {
  test_sampling: {
    description: 'Has the model of the client answer a prompt',
    inputSchema: takes('prompt'),
    run: (asked) => {
      const said = sampled(asked, 'sample');
      if (said !== undefined) return text(`LLM response: ${said}`);
      return inputRequired({ inputRequests: { sample: sample(String(asked.given['prompt']), 100) } });
    },
  },
  test_elicitation: formTool('Asks the user', USER, { inputSchema: takes('message') }),
  test_streaming_elicitation: formTool('Asks the user', USER),
  test_elicitation_sep1034_defaults: formTool('Asks the user, with defaults', DEFAULTS),
  test_elicitation_sep1330_enums: formTool('Asks the user to choose', CHOICES),
  test_missing_capability: oneRound(
    'Needs the model of the client',
    () => ({ sample: sample('Say something', 10) }),
    (asked) => sampled(asked, 'sample'),
  ),
  test_input_required_result_elicitation: oneRound(
    'Needs a name',
    () => ({ user_name: askName('What is your name?') }),
    greeted,
  ),
  test_input_required_result_sampling: oneRound(
    'Needs the model of the client',
    () => ({ capital_question: sample('What is the capital of France?', 100) }),
    (asked) => sampled(asked, 'capital_question'),
  ),
  test_input_required_result_list_roots: oneRound(
    'Needs the places that the client works at',
    () => ({ client_roots: inputRequired.listRoots() }),
    roots,
  ),
  test_input_required_result_request_state: signedRound(
    'Needs a word, and its state back',
    () => ({ confirm: askOk() }),
    confirmed,
  ),
  test_input_required_result_tampered_state: signedRound(
    'Needs a word, and its state back unchanged',
    () => ({ confirm: askOk() }),
    confirmed,
  ),
  test_input_required_result_multiple_inputs: signedRound(
    'Needs three things at once',
    () => ({
      user_name: askName('What is your name?'),
      greeting: sample('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    }),
    allOfThem,
  ),
  test_input_required_result_multi_round: {
    description: 'Needs two things, one after the other',
    run: async (asked) => {
      const state = asked.context.mcpReq.requestState<State>();
      const color = acceptedContent(responses(asked), 'step2', COLOR)?.color;
      if (state?.round === 2 && color !== undefined) return text(`${state.name ?? ''} likes ${color}.`);
      const name = state?.round === 1 ? acceptedContent(responses(asked), 'step1', NAME)?.name : state?.name;
      if (name === undefined)
        return inputRequired({
          inputRequests: { step1: askName('Step 1: What is your name?') },
          requestState: await STATE.mint({ round: 1 }),
        });
      const message = 'Step 2: What is your favorite color?';
      return inputRequired({
        inputRequests: { step2: inputRequired.elicit({ message, requestedSchema: COLOR }) },
        requestState: await STATE.mint({ round: 2, name }),
      });
    },
  },
  test_input_required_result_capabilities: {
    description: 'Asks for what the client can give',
    run: (asked) => {
      const said = greeted(asked) ?? sampled(asked, 'greeting');
      if (said !== undefined) return text(said);
      return inputRequired({
        inputRequests: {
          ...(can(asked, 'elicitation') ? { user_name: askName('What is your name?') } : {}),
          ...(can(asked, 'sampling') ? { greeting: sample('Generate a greeting', 50) } : {}),
        },
      });
    },
  },
};
