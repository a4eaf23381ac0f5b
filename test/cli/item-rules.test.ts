/** Rules about items on the command line: what is asked of the door, what is refused before, and what people read. */
import { describe, expect, it, test } from 'vitest';
import { authText, rulesLine } from '../../src/cli/commands/item-rules.js';
import { register } from '../../src/cli/commands/item.js';
import { parseAuth } from '../../src/core/http-auth.js';
import type { ItemRulesShape } from '../../src/core/rule-shapes.js';
import type { ItemShape } from '../../src/core/shapes.js';
import type { NewItem, OwnerDoor } from '../../src/gate/door.js';
import { runCommand, type Ran } from './harness.js';

const ITEM: ItemShape = {
  ...{ id: 'item1', vault_id: 'vault1', vault: 'CI', type: 'api-key', title: 'GitHub', username: null },
  ...{ urls: [], tags: [], fields: [{ name: 'key', kind: 'secret', concealed: true }], revision: 3 },
  ...{ created_at: '2026-03-01T09:30:00.000Z', updated_at: '2026-03-01T09:30:00.000Z' },
};

const NONE: ItemRulesShape = { approve: false, decoy: false, http: null };
const HTTP: ItemRulesShape = {
  ...{ approve: true, decoy: false },
  http: {
    ...{ hosts: ['api.github.com'], methods: ['GET', 'HEAD'], paths: ['/**'], auth: { kind: 'bearer', field: 'key' } },
    ...{ allow_loopback: false, allow_private: true },
  },
};

const byId = { item: { by: 'id', text: 'item1' } };

function item(words: readonly string[], rules: ItemRulesShape = NONE, more: Partial<OwnerDoor> = {}): Promise<Ran> {
  const door: Partial<OwnerDoor> = {
    viewItem: () => Promise.resolve(ITEM),
    itemRules: () => Promise.resolve(rules),
    changeItemRules: () => Promise.resolve(rules),
    updateItem: () => Promise.resolve({ ...ITEM, revision: 4 }),
    createItem: () => Promise.resolve(ITEM),
    getSetting: () => Promise.resolve({ name: 'vault.default', value: 'CI', is_default: false }),
    listItems: () => Promise.resolve([{ ...ITEM, fields: ['key'] }]),
    ...more,
  };
  return runCommand(['item', ...words], { register, door });
}

function asked({ calls, error }: Ran, method: string): readonly unknown[][] {
  expect(error).toBeUndefined();
  return calls.filter(([name]) => name === method).map((call) => call.slice(1));
}

describe('item policy', () => {
  it('without flags shows the rules and changes nothing', async () => {
    const ran = await item(['policy', 'CI/GitHub'], HTTP);
    expect(asked(ran, 'changeItemRules')).toEqual([]);
    expect(ran.stdout).toBe(
      [
        'Rules of api-key GitHub in CI (item1)',
        '',
        'Approval    each use of its secrets by a token needs your word',
        'Decoy       no',
        'Requests    to api.github.com',
        'Methods     GET, HEAD',
        'Paths       /**',
        'Credential  bearer:key',
        'Also to     private networks',
        '',
      ].join('\n'),
    );
  });

  it('as JSON is the rules alone', async () => {
    expect(JSON.parse((await item(['policy', 'GitHub', '--json'], HTTP)).stdout)).toEqual(HTTP);
  });

  it.each([
    [['--approve'], { approve: true }],
    [['--no-approve'], { approve: false }],
    [['--decoy'], { decoy: true }],
    [['--no-decoy', '--approve'], { decoy: false, approve: true }],
    [['--no-http'], { http: null }],
    [
      ['--http-host', 'a.example', '--http-host', 'b.example:8443', '--http-auth', 'bearer:key'],
      { http: { hosts: ['a.example', 'b.example:8443'], auth: 'bearer:key' } },
    ],
    [
      ['--http-host', 'localhost', '--http-auth', 'bearer:key', '--http-method', 'POST', '--http-path', '/v1/**'],
      { http: { hosts: ['localhost'], auth: 'bearer:key', methods: ['POST'], paths: ['/v1/**'] } },
    ],
    [
      ['--http-host', 'a', '--http-auth', 'bearer:key', '--http-allow-loopback', '--http-allow-private'],
      { http: { hosts: ['a'], auth: 'bearer:key', allowLoopback: true, allowPrivate: true } },
    ],
  ])('%j changes just that', async (flags, change) => {
    const ran = await item(['policy', 'GitHub', ...flags]);
    expect(asked(ran, 'changeItemRules')).toEqual([[byId, change]]);
    expect(ran.stdout).toMatch(/^Changed: rules of api-key GitHub/);
  });

  it.each([
    [['--http-method', 'GET'], '--http-host and --http-auth are missing'],
    [['--http-host', 'a.example'], '--http-auth is missing'],
    [['--http-auth', 'bearer:key'], '--http-host is missing'],
    [['--http-allow-private'], '--http-host and --http-auth are missing'],
    [['--no-http', '--http-host', 'a.example', '--http-auth', 'bearer:key'], '--no-http does not go with'],
  ])('%j is refused before anything is opened', async (flags, words) => {
    const { error, calls } = await item(['policy', 'GitHub', ...flags]);
    expect(error).toMatchObject({ code: 'invalid_request', facts: { message: expect.stringContaining(words) } });
    expect(calls).toEqual([]);
  });
});

describe('item update', () => {
  it('with --approve alone changes the rules and makes no revision', async () => {
    const ran = await item(['update', 'GitHub', '--approve']);
    expect(asked(ran, 'changeItemRules')).toEqual([[byId, { approve: true }]]);
    expect(asked(ran, 'updateItem')).toEqual([]);
    expect(ran.stdout).toContain('now revision 3; each use of its secrets by a token needs your word');
  });

  it('with a field too does both', async () => {
    const ran = await item(['update', 'GitHub', '--title', 'Hub', '--no-approve']);
    expect(asked(ran, 'updateItem')).toEqual([[byId, { title: 'Hub' }]]);
    expect(asked(ran, 'changeItemRules')).toEqual([[byId, { approve: false }]]);
    expect(ran.stdout).toContain('now revision 4; no use needs your word');
  });

  it('leaves the rules alone where somebody else changed the item first', async () => {
    const { error, calls } = await item(['update', 'GitHub', '--approve', '--if-revision', '2']);
    expect(error).toMatchObject({ code: 'conflict' });
    expect(calls.map(([name]) => name)).not.toContain('changeItemRules');
  });
});

describe('item create', () => {
  const create = async (type: string, ...flags: readonly string[]) => {
    const ran = await item(['create', type, '--vault', 'CI', '--title', 'GitHub admin', ...flags]);
    const [[, made, rules] = []] = asked(ran, 'createItem') as [unknown, NewItem, unknown][];
    return { ...ran, made: made!, rules, values: new Map(made!.fields?.map(({ name, value }) => [name, value])) };
  };

  it('asks for no rules unless they are wanted', async () => {
    expect((await create('login')).rules).toBeUndefined();
    expect((await create('login', '--approve')).rules).toEqual({ approve: true });
  });

  it('fills a decoy as its title lets one expect, and says that it is one', async () => {
    const { values, rules, stdout } = await create('api-key', '--decoy');
    expect(values.get('key')).toMatch(/^ghp_[0-9A-Za-z]{36}$/);
    expect(rules).toEqual({ decoy: true });
    expect(stdout).toBe('Created api-key GitHub in CI (item1); a decoy\n');
  });

  it('fills it as the kind says that is named', async () => {
    expect((await create('api-key', '--decoy=stripe')).values.get('key')).toMatch(/^sk_live_/);
  });

  it('takes no word that follows --decoy for its kind', async () => {
    const ran = await item(['create', '--decoy', 'login', '--vault', 'CI', '--title', 'Root']);
    expect(asked(ran, 'createItem')).toHaveLength(1);
  });

  it('keeps what is given, in place of what would be made', async () => {
    const { made, values } = await create('login', '--decoy', '--field', 'username=root', '--generate');
    expect(values.get('username')).toBe('root');
    expect(made.fields?.map(({ name }) => name).sort()).toEqual(['password', 'username']);
  });

  it('refuses a kind of decoy that there is not, with those there are', async () => {
    const { error, calls } = await item(['create', 'api-key', '--title', 'x', '--decoy=nobody']);
    expect(error).toMatchObject({ code: 'invalid_request', facts: { next: expect.stringContaining('github, npm') } });
    expect(calls).toEqual([]);
  });
});

describe('item view and item list', () => {
  it('say what rules an item has', async () => {
    expect((await item(['view', 'GitHub'], HTTP)).stdout).toContain(
      'rules     each use needs your word; requests to api.github.com\n',
    );
    expect(JSON.parse((await item(['view', 'GitHub', '--json'], HTTP)).stdout)).toEqual({ ...ITEM, rules: HTTP });
  });

  it('say nothing of rules where there are none', async () => {
    expect((await item(['view', 'GitHub'])).stdout).not.toContain('rules');
    expect(JSON.parse((await item(['view', 'GitHub', '--json'])).stdout)).toEqual(ITEM);
    const none = { allItemRules: () => Promise.resolve(new Map([['item9', HTTP]])) };
    expect((await item(['list'], NONE, none)).stdout).not.toMatch(/RULES|approve/);
  });

  it('mark an item with rules for people alone', async () => {
    const some = { allItemRules: () => Promise.resolve(new Map([['item1', { ...HTTP, decoy: true }]])) };
    expect((await item(['list'], NONE, some)).stdout).toMatch(/RULES +ID\n.*decoy, approve +item1/);
    expect((await item(['list', '--json'], NONE, some)).stdout).not.toContain('decoy');
  });
});

test.each([
  'bearer:key',
  'basic:user:pass',
  'basic::pass',
  'header:x-api-key:key',
  'header:authorization:key:Token ',
  'query:access_token:key',
  'cookie:sid:key',
  'aws-sigv4:key:secret:eu-west-1:s3',
  'aws-sigv4:key:secret:eu-west-1:s3:session',
])('%s is shown as it is typed', (text) => expect(authText(parseAuth(text))).toBe(text));

test('rules that there are not have no words', () => expect(rulesLine(NONE)).toBe(''));
