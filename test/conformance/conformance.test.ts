/** What the official conformance suite says of the program's HTTP stack, and of the program itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';
import { type Stack, startFixtures, startProgram } from './stack.js';
import { type Report, REQUIRED, type Revision, REVISIONS, runSuite } from './suite.js';

const required = ({ scenarios }: Report) => scenarios.filter(({ optional }) => optional === null);

/** The suite waits for what is to come on a stream, but no longer than a second or so: too short on a busy machine. */
const WAITS = { retry: 2 };

describe('the stack with the fixtures of the suite', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startFixtures();
  });
  afterAll(() => stack.close());

  test.each(REVISIONS)('passes each scenario that %s requires of a server', WAITS, async (revision) => {
    const report = await runSuite(stack.url, revision);
    const failed = required(report).filter(({ isPassed }) => !isPassed);
    expect(failed).toEqual([]);
    const warned = required(report).filter(({ checks }) => checks.some(({ status }) => status === 'WARNING'));
    expect(warned).toEqual([]);
    expect(report).toMatchObject({ isPassed: true, figure: `${REQUIRED[revision]}/${REQUIRED[revision]}` });
  });
});

/** Scenarios that need no fixture, and pass but for that. */
const WITHOUT_FIXTURE: Readonly<Record<Revision, readonly string[]>> = {
  '2025-11-25': [
    ...['server-initialize', 'ping', 'tools-list', 'server-sse-multiple-streams', 'resources-list', 'prompts-list'],
    ...['dns-rebinding-protection', 'server-session-lifecycle'],
  ],
  '2026-07-28': [
    ...['tools-list', 'server-sse-multiple-streams', 'resources-list', 'sep-2164-resource-not-found', 'prompts-list'],
    ...['dns-rebinding-protection', 'caching', 'input-required-result-unsupported-methods', 'http-header-validation'],
  ],
};

/** Checks of `server-stateless` that do; the rest of it needs none. */
const WITH_FIXTURE = ['sep-2575-server-rejects-undeclared-capability', 'sep-2575-missing-capability-http-400'];

describe('the program itself, with a safe behind it', () => {
  let safe: TestSafe;
  let stack: Stack;

  beforeAll(async () => {
    safe = await makeSafe();
    await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields: [] });
    stack = await startProgram(safe.places, (await safe.token('conformance', ['Personal'])).token);
  });
  afterAll(async () => {
    await stack.close();
    await safe.end();
  });

  test.each(REVISIONS)('passes the scenarios of %s that need no fixture', WAITS, async (revision) => {
    const { scenarios } = await runSuite(stack.url, revision);
    const passed = scenarios.filter(({ isPassed }) => isPassed).map(({ name }) => name);
    expect(passed).toEqual(expect.arrayContaining([...WITHOUT_FIXTURE[revision]]));
    const stateless = scenarios.find(({ name }) => name === 'server-stateless')?.checks ?? [];
    const failed = stateless.filter(({ status }) => status === 'FAILURE').map(({ id }) => id);
    expect(failed).toEqual(revision === '2026-07-28' ? WITH_FIXTURE : []);
    const schema = scenarios.flatMap(({ checks }) => checks).filter(({ id }) => id.startsWith('wire-schema'));
    expect(schema.filter(({ status }) => status !== 'SUCCESS')).toEqual([]);
    expect(schema.length).toBeGreaterThanOrEqual(WITHOUT_FIXTURE[revision].length);
  });
});
