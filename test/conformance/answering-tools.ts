/** Fixture tools that answer at once: kinds of content, progress, the log, errors, and a schema with rare keywords. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Asked, type FixtureTools, PIXEL, SILENCE, text } from './fixture.ts';

/** The suite asks for these pauses, so that what is sent on the way does not come all at once. */
const PAUSE_MS = 50;

/** Keywords of JSON Schema 2020-12 that a server must not lose. */
const RARE_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const;

export const ANSWERING_TOOLS: FixtureTools = {
  test_simple_text: {
    description: 'Answers a text',
    run: () => text('This is a simple text response for testing.'),
  },
  test_image_content: {
    description: 'Answers a picture',
    run: () => ({ content: [{ type: 'image', data: PIXEL, mimeType: 'image/png' }] }),
  },
  test_audio_content: {
    description: 'Answers a sound',
    run: () => ({ content: [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }] }),
  },
  test_embedded_resource: {
    description: 'Answers a resource',
    run: () => {
      const said = 'This is an embedded resource content.';
      const resource = { uri: 'test://embedded-resource', mimeType: 'text/plain', text: said };
      return { content: [{ type: 'resource', resource }] };
    },
  },
  test_multiple_content_types: {
    description: 'Answers a text, a picture and a resource',
    run: () => ({
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        { type: 'image', data: PIXEL, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: JSON.stringify({ test: 'data', value: 123 }),
          },
        },
      ],
    }),
  },
  test_error_handling: {
    description: 'Fails',
    run: () => ({ ...text('This tool intentionally returns an error for testing'), isError: true }),
  },
  test_tool_with_logging: {
    description: 'Logs three times on its way',
    run: async (asked) => {
      await log(asked, 'Tool execution started');
      await sleep(PAUSE_MS);
      await log(asked, 'Tool processing data');
      await sleep(PAUSE_MS);
      await log(asked, 'Tool execution completed');
      return text('Logged three times.');
    },
  },
  test_logging_tool: {
    description: 'Logs once, where the client asked for that',
    run: async (asked) => {
      await log(asked, 'Logged by the tool');
      return text('Logged once.');
    },
  },
  test_tool_with_progress: {
    description: 'Tells its progress, where the client asked for that',
    run: async (asked) => {
      await progress(asked, 0);
      await sleep(PAUSE_MS);
      await progress(asked, 50);
      await sleep(PAUSE_MS);
      await progress(asked, 100);
      return text('Went from 0 to 100.');
    },
  },
  test_trigger_tool_change: {
    description: 'Says that the list of tools has changed',
    run: async ({ tell }) => {
      await tell();
      return text('Said.');
    },
  },
  json_schema_2020_12_tool: {
    description: 'Has a schema with rare keywords',
    inputSchema: RARE_SCHEMA,
    run: () => text('Taken.'),
  },
};

async function log({ context }: Asked, message: string): Promise<void> {
  // Deprecated with the protocol's own log; the suite asks for it as long as it is there.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  await context.mcpReq.log('info', message);
}

async function progress({ context }: Asked, reached: number): Promise<void> {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await context.mcpReq.notify({
    method: 'notifications/progress',
    params: { progressToken, progress: reached, total: 100 },
  });
}
