/** What an owner runs when something is wrong: checklists of compromised tokens, the lift of a lockdown, `info`. */
import { describe, expect, it } from 'vitest';
import { register as registerLockdown } from '../../src/cli/commands/lockdown.js';
import { register as registerPat } from '../../src/cli/commands/pat.js';
import { register as registerSession } from '../../src/cli/commands/session.js';
import type { CompromisedShape, ExposedShape } from '../../src/core/rule-shapes.js';
import type { OwnerDoor, OwnerInfo } from '../../src/gate/door.js';
import { AGENT, TOKEN } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';

const SHOWN: ExposedShape = {
  ...{ id: 'item1', title: 'DB password', type: 'database', url: null, how: 'shown' },
  ...{ last_at: '2026-03-02T10:15:00.000Z', done: false },
};
const USED: ExposedShape = {
  ...{ ...SHOWN, id: 'item2', title: 'GitHub', type: 'api-key', url: 'https://github.com' },
  ...{ how: 'used', done: true },
};
const GONE: ExposedShape = { ...SHOWN, id: 'item3', title: null, type: null };
const LIST: CompromisedShape = {
  ...{ token: { id: TOKEN.id, name: TOKEN.name }, frozen: true, open: true, items: [SHOWN, USED, GONE] },
};
const BY_ID = { by: 'id', text: TOKEN.id };

function pat(words: readonly string[], found: Partial<CompromisedShape> = {}, columns?: number): Promise<Ran> {
  const door: Partial<OwnerDoor> = {
    findToken: ({ text }) => Promise.resolve([AGENT.id, AGENT.name].includes(text) ? AGENT : TOKEN),
    compromised: () => Promise.resolve({ ...LIST, ...found }),
    listCompromised: () => Promise.resolve([LIST]),
    listTokens: () => Promise.resolve({ data: [AGENT], nextCursor: null }),
  };
  return runCommand(words, { register: registerPat, door, ...(columns === undefined ? {} : { columns }) });
}

describe('pat compromised', () => {
  it('freezes the token and prints what to change in the order of the door', async () => {
    const { stdout, calls } = await pat(['pat', 'compromised', 'deploy-bot']);
    expect(calls.at(-1)).toEqual(['compromised', BY_ID, []]);
    expect(stdout).toBe(
      [
        'deploy-bot (law-hotel-shape-community) is frozen.',
        'To change, the most dangerous first (2 of 3 open):',
        '',
        '[ ] database DB password [item1]',
        '    it saw the secret, last 2026-03-02 10:15 (UTC)',
        '[x] api-key GitHub [item2]',
        '    it used the secret unseen, last 2026-03-02 10:15 (UTC)',
        '    change it at https://github.com',
        '[ ] item (deleted) [item3]',
        '    it saw the secret, last 2026-03-02 10:15 (UTC)',
        '',
        'Change each at its service, then tick it off:',
        '  vouchsafe pat compromised deploy-bot --done ITEM',
        'End the token, which changes the keys that it held:',
        '  vouchsafe pat delete deploy-bot',
        '',
      ].join('\n'),
    );
  });

  it('ticks off what is done', async () => {
    const { calls } = await pat([
      'pat',
      'compromised',
      '--pat-name',
      'deploy-bot',
      '--done',
      'GitHub',
      '--done',
      'item1',
    ]);
    expect(calls.at(-1)).toEqual(['compromised', BY_ID, ['GitHub', 'item1']]);
  });

  it('says when nothing is left, and when there never was anything', async () => {
    const done = await pat(['pat', 'compromised', 'deploy-bot'], { open: false, frozen: false, items: [USED] });
    expect(done.stdout).toMatch(/has ended[^]*\nAll of it is done; the list is closed.\n$/);
    const none = await pat(['pat', 'compromised', 'deploy-bot'], { open: false, items: [] });
    expect(none.stdout).toContain('there is nothing to change.');
    expect(none.stdout).not.toContain('All of it is done');
  });

  it('without a token lists what is open and freezes nothing', async () => {
    const { stdout, calls } = await pat(['pat', 'compromised']);
    expect(calls.map(([name]) => name)).toEqual(['listCompromised']);
    expect(stdout).toContain('[ ] database DB password [item1]');
    expect(JSON.parse((await pat(['pat', 'compromised', '--json'])).stdout).data).toEqual([LIST]);
  });

  it('ticks nothing off where no token is named', async () => {
    expect(await pat(['pat', 'compromised', '--done', 'GitHub'])).toMatchObject({
      ...{ error: { code: 'invalid_request' }, calls: [] },
    });
  });

  it('of agents has agents alone', async () => {
    expect((await pat(['agent', 'compromised'])).stdout).toBe(
      'There is no token of which anything is to be changed.\n',
    );
    expect(await pat(['agent', 'compromised', 'deploy-bot'])).toMatchObject({ error: { code: 'not_found' } });
    expect((await pat(['agent', 'compromised', 'ci helper'])).calls.at(-1)?.[0]).toBe('compromised');
  });

  it('fits 80 columns', async () => {
    const long = { ...SHOWN, title: 'The password of the database of the warehouse in the cellar', id: '1'.repeat(32) };
    const { stdout } = await pat(['pat', 'compromised', 'deploy-bot'], { items: [long] }, 80);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

it('lockdown lift names the tokens that work again and those that stay frozen', async () => {
  const lift = (lifted: readonly string[], frozen: readonly string[]): Promise<Ran> =>
    runCommand(['lockdown', 'lift'], {
      ...{ register: registerLockdown, door: { liftLockdown: () => Promise.resolve({ lifted, frozen }) } },
    });
  const { stdout } = await lift(['one', 'two'], ['three\u001b[2J']);
  expect(stdout).toMatch(/Work again: +one, two\nStay frozen: +three/);
  expect(stdout).not.toContain('\u001b');
  expect((await lift([], [])).stdout).toMatch(/Work again: +none\n$/);
});

describe('info', () => {
  const CALM: OwnerInfo = {
    ...{ safeId: 'safe1', fingerprint: 'ab cd', vaults: 1, items: 2, tokens: 3, entries: 4, ending: [], requests: 0 },
    ...{ bypasses: [], lockdown: false, compromised: [] },
  };
  const info = (more: Partial<OwnerInfo>, ...words: readonly string[]): Promise<Ran> =>
    runCommand(['info', ...words], {
      register: registerSession,
      door: { info: () => Promise.resolve({ ...CALM, ...more }), listCompromised: () => Promise.resolve([LIST]) },
    });
  const ALARMS = {
    ...{ requests: 1, lockdown: true, compromised: [TOKEN.name] },
    bypasses: [{ token: { id: AGENT.id, name: AGENT.name }, until: '2026-03-02T10:15:00.000Z' }],
  };

  it('says what is open, lifted and locked', async () => {
    const { stdout } = await info(ALARMS);
    expect(stdout).toContain('Inbox:        1 request to decide (vouchsafe inbox)\n');
    expect(stdout).toMatch(/Lockdown: .*\(vouchsafe lockdown lift\)\n/);
    expect(stdout).toContain('No approval:  ci helper needs none until 2026-03-02 10:15 (UTC)\n');
    expect(stdout).toMatch(/Compromised: +deploy-bot \(2 open\) \(vouchsafe pat compromised deploy-bot\)\n/);
  });

  it('has the same facts as JSON', async () => {
    expect(JSON.parse((await info(ALARMS, '--json')).stdout)).toMatchObject({
      ...{ requests: 1, lockdown: true, bypasses: ALARMS.bypasses },
      compromised: [{ id: TOKEN.id, name: TOKEN.name, open: 2 }],
    });
  });

  it('says nothing of what is not', async () => {
    const { stdout, calls } = await info({});
    expect(stdout).not.toMatch(/Inbox|Lockdown|No approval|Compromised/);
    expect(calls.map(([name]) => name)).toEqual(['info']);
  });
});
