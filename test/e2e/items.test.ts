/** Items as their owner keeps them: every type, values of every kind, history, the trash, templates, the generator. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hotp } from './hotp.js';
import { Station, type Json } from './station.js';
import { atTerminal, NO_TERMINAL } from './terminal.js';
import { play } from './transcript.js';

/** The table of cli.md: open fields with a value, then secret ones. */
const TYPES: Record<string, { open: Record<string, string>; secret: string[]; kinds?: Record<string, string> }> = {
  login: { open: { username: 'ann' }, secret: ['password'], kinds: { totp: 'totp' } },
  note: { open: {}, secret: [], kinds: { text: 'note' } },
  card: {
    open: { cardholder: 'Ann Lee', expiry: '12/29' },
    secret: ['number', 'cvv', 'pin'],
    kinds: { expiry: 'date' },
  },
  identity: {
    open: {
      full_name: 'Ann Lee',
      email: 'ann@example.com',
      phone: '+41 1',
      address: '1 Road\nTown',
      birth_date: '1990-02-28',
    },
    secret: ['ssn', 'passport'],
    kinds: { email: 'email', birth_date: 'date' },
  },
  'ssh-key': { open: { public_key: 'ssh-ed25519 AAAA' }, secret: ['private_key', 'passphrase'] },
  wifi: { open: { ssid: 'home', security: 'WPA3' }, secret: ['password'] },
  'api-key': { open: { endpoint: 'https://api.example.com' }, secret: ['key', 'secret'], kinds: { endpoint: 'url' } },
  database: { open: { host: 'db', port: '5432', database: 'shop', username: 'ann' }, secret: ['password'] },
  custom: { open: {}, secret: [] },
};

/** RFC 6238, appendix B, SHA-1. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

let station: Station;

beforeAll(async () => {
  station = await new Station('items').open();
  await station.ok(['vault', 'create', 'Work']);
  await station.ok(['settings', 'set', 'vault.default', 'Personal']);
});

afterAll(() => station.end());

const byName = (fields: readonly Json[]): Record<string, Json> =>
  Object.fromEntries(fields.map((field) => [field.name, field]));

test.each(Object.entries(TYPES))('a %s has the fields of the contract', async (type, { open, secret, kinds = {} }) => {
  const template = await station.json(['item', 'template', type]);
  const expected = { ...kinds, ...Object.fromEntries(Object.keys(open).map((name) => [name, kinds[name] ?? 'text'])) };
  for (const name of secret) expected[name] = 'secret';
  const made = Object.fromEntries(template.fields.map(({ name, kind }: Json) => [name, kind]));
  expect(made).toEqual(expected);
  expect(template).toMatchObject({ title: '', urls: [], tags: [] });

  const flags = Object.entries(open).flatMap(([name, value]) => ['--field', `${name}=${value}`]);
  const create = ['item', 'create', type, '--title', `A ${type}`, ...flags];
  const input = secret.map((name) => `secret of ${name}\n`).join('');
  const item = await station.json([...create, ...secret.flatMap((name) => ['--secret', name])], { input });
  expect(item).toMatchObject({
    type,
    title: `A ${type}`,
    vault: 'Personal',
    revision: 1,
    urls: open['endpoint'] ? [open['endpoint']] : [],
  });
  for (const [name, value] of Object.entries(open)) expect(byName(item.fields)[name]).toMatchObject({ value });
  for (const name of secret) expect(byName(item.fields)[name]).toEqual({ name, kind: 'secret', concealed: true });
  const shown = byName((await station.json(['item', 'view', item.id, '--reveal'])).fields);
  for (const name of secret) expect(shown[name]).toEqual({ name, kind: 'secret', value: `secret of ${name}` });
});

test('sections, several URLs and tags: as a person sees them', async () => {
  await play(
    station,
    `
    $ printf 's3cret' | vouchsafe item create custom --vault Work --title Server --field plain=1 --field Main/host=db1 --secret Main/root --url https://a.example --url https://b.example --tag blue --tag green
    Created custom Server in Work (<id>)
    $ vouchsafe item view Work/Server
    Server
    type  custom
    vault  Work
    id  <id>
    revision  <n>, <time> (UTC)
    tags  blue, green

    plain  1
    url  https://a.example
    url-2  https://b.example

    [Main]
    host  db1
    root  ••••••••
    $ vouchsafe item view Server --field main/ROOT
    s3cret
    $ vouchsafe item view Server --field url-2
    https://b.example
    $ vouchsafe item update Server --url https://b.example --tag red --field Main/host=db2 --remove plain --add-field date:rotated=2026-06-01
    Changed custom Server in Work (<id>), now revision 2
    $ vouchsafe item view Server --json
    {"id":"<id>","vault_id":"<id>","vault":"Work","type":"custom","title":"Server","username":null,"urls":["https://b.example"],"tags":["red"],"fields":[{"name":"host","section":"Main","kind":"text","value":"db2"},{"name":"root","section":"Main","kind":"secret","concealed":true},{"name":"url-2","kind":"url","value":"https://b.example"},{"name":"rotated","kind":"date","value":"<day>"}],"revision":2,"created_at":"<time>","updated_at":"<time>"}
    $ vouchsafe item update Server --field rotated=yesterday
    ! The value of rotated is not a date: YYYY-MM-DD, YYYY-MM, MM/YY or MM/YYYY.
    ! Correct it, or give the field another kind, such as text.
    [exit 2]
    $ vouchsafe item update Server --title Sever --if-revision 1
    ! The item is at revision 2 now.
    ! Look at it again: vouchsafe item view ITEM
    [exit 6]
    $ vouchsafe item update Server
    ! There is nothing to change.
    ! Add --title, --field, --secret, --add-field, --remove, --url, --tag or --generate.
    [exit 2]
    `,
  );
});

describe('one-time codes', () => {
  test('by a seed and by an otpauth URI: the codes of RFC 6238', async () => {
    const create = ['item', 'create', 'login', '--secret', 'totp', '--title'];
    await station.ok([...create, 'Seed'], { input: SEED });
    const uri = `otpauth://totp/Example:ann?secret=${SEED}&issuer=Example&digits=8&period=60&algorithm=SHA1`;
    await station.ok([...create, 'URI'], { input: `${uri}\n` });

    for (const [title, period, digits] of [
      ['Seed', 30, 6],
      ['URI', 60, 8],
    ] as const) {
      const before = Date.now();
      const { code, seconds_left } = await station.json(['item', 'totp', title]);
      const steps = [before, Date.now()].map((at) => Math.floor(at / 1000 / period));
      expect(steps.map((step) => hotp('12345678901234567890', step, digits))).toContain(code);
      expect(seconds_left).toBeGreaterThan(0);
      expect(seconds_left).toBeLessThanOrEqual(period);
    }
    expect(await station.ok(['item', 'totp', 'Seed'])).toMatch(/^[0-9]{6}\n$/);
    expect(await station.ok(['item', 'view', 'URI', '--field', 'totp'])).toBe(`${uri}\n`);
  });
  test('a seed that is none is refused and not repeated; an item without one has no code', async () => {
    const bad = await station.run(['item', 'create', 'login', '--title', 'Bad', '--secret', 'totp'], {
      input: 'canary!!',
    });
    expect(bad).toMatchObject({ status: 2, stdout: '' });
    expect(bad.stderr).not.toContain('canary');
    expect(await station.run(['item', 'totp', 'Server'])).toMatchObject({ status: 3, stdout: '' });
  });
});

test('a secret of which nothing was piped is refused, not left out', async () => {
  const create = ['item', 'create', 'login', '--title', 'Hollow', '--secret', 'password'];
  const { status, stderr } = await station.run(create, { input: '' });
  expect([status, stderr.split('\n')[0]]).toEqual([2, 'Nothing was piped for password.']);
  expect((await station.run(['item', 'view', 'Hollow'])).status).toBe(3);
});

test('history, going back, the trash, another vault, and the end for good', async () => {
  const made = await station.json([
    'item',
    'create',
    'login',
    '--title',
    'Life',
    '--field',
    'username=one',
    '--generate',
  ]);
  const first = await station.ok(['item', 'view', 'Life', '--field', 'password']);
  await station.ok(['item', 'update', 'Life', '--generate', '--field', 'username=two']);
  expect(await station.ok(['item', 'view', 'Life', '--field', 'password'])).not.toBe(first);
  await play(
    station,
    `
    $ vouchsafe item history Life
    REV  WHEN  BY  TITLE  FIELDS
    <n>  <time>  owner  Life  username, password
    <n>  <time>  owner  Life  username, password
    $ vouchsafe item history Life --revert 1
    Back to revision 1: login Life in Personal (<id>)
    $ vouchsafe item history Life --revert 9
    ! There is no such revision any more.
    ! vouchsafe item history ITEM
    [exit 3]
    $ vouchsafe item trash Life
    Trashed login Life in Personal (<id>)
    ! To take it back: vouchsafe item restore <id>
    $ vouchsafe item list --trashed
    TITLE  TYPE  USER NAME  VAULT  CHANGED  ID
    Life  login  one  Personal  <time>  <id>
    $ vouchsafe item restore Life
    Restored login Life in Personal (<id>)
    $ vouchsafe item move Life --to Work
    Moved login Life in Work (<id>)
    $ vouchsafe item move Life --to Work
    ! The item is in that vault already.
    ! Name another vault with --to.
    [exit 6]
    $ vouchsafe item delete Life
    ! There is no terminal to ask at.
    ! Add --force to do it without being asked.
    [exit 2]
    `,
  );
  expect(await station.ok(['item', 'view', 'Life', '--field', 'password'])).toBe(first);
  await station.ok(['item', 'trash', 'Life']);
  for (const verb of ['view', 'update', 'trash']) {
    expect(await station.run(['item', verb, 'Life'])).toMatchObject({ status: 3, stdout: '' });
  }
  expect(await station.ok(['item', 'delete', 'Life', '--force'])).toMatch(/^Deleted login Life in Work/);
  expect(await station.run(['item', 'restore', 'Life'])).toMatchObject({ status: 3, stdout: '' });
  expect(await station.run(['item', 'view', made.id])).toMatchObject({ status: 3, stdout: '' });
});

describe('values', () => {
  const TEXTS: [string, string][] = [
    ['many lines and a newline at the end', 'one\n\n  two\r\nthree\n\n'],
    ['any Unicode', 'ünïcödé 🗝️ שלום \u202e \u0000 \u{10ffff} é'],
    ['spaces and quotes', ` "'\\$(id) \`x\` ; -- \t `],
    ['a byte order mark', '\ufefftext'],
  ];

  test.each(TEXTS)('%s: byte for byte from a file and back', async (name, text) => {
    const file = station.file('secret.txt', text);
    await station.ok(['item', 'create', 'note', '--title', name, '--secret-file', `text=${file}`]);
    const out = join(station.folder, 'out.txt');
    await station.ok(['item', 'view', name, '--field', 'text', '-o', out]);
    expect(station.read('out.txt')).toBe(text);
    const shown = byName((await station.json(['item', 'view', name, '--reveal'])).fields);
    expect(shown['text'].value).toBe(text);
    const human = await station.ok(['item', 'view', name, '--reveal']);

    expect(human).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
  test('one newline at the end of a piped secret is dropped, and no more', async () => {
    const create = (title: string, input: string) =>
      station.ok(['item', 'create', 'note', '--title', title, '--secret', 'text'], { input });
    for (const [title, input, kept] of [
      ['none', 'a', 'a'],
      ['one', 'a\n', 'a'],
      ['two', 'a\n\n', 'a\n'],
    ] as const) {
      await create(title, input);
      const { fields } = await station.json(['item', 'view', title, '--reveal']);
      expect(fields[0].value).toBe(kept);
    }
  });
  test('64 KiB in all are taken, and one byte more is not', async () => {
    const rest = 65_536 - 'Big'.length - 'text'.length;
    const create = ['item', 'create', 'note', '--title', 'Big', '--secret-file'];
    await station.ok([...create, `text=${station.file('fits', 'x'.repeat(rest))}`]);
    expect((await station.ok(['item', 'view', 'Big', '--field', 'text'])).length).toBe(rest + 1);
    const over = await station.run([...create, `text=${station.file('over', `${'x'.repeat(rest - 1)}é`)}`]);
    expect(over).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^The item is larger than 64 KiB/),
    });
    const piped = await station.run([...create.slice(0, -1), '--secret', 'text'], { input: 'x'.repeat(2 ** 21) });
    expect(piped).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/larger than 1 MiB/) });
  });
  test('what is no UTF-8 is refused', async () => {
    const file = station.file('binary', Buffer.from([0xff, 0xfe, 0x00]));
    for (const [flag, how] of [
      [`--secret-file=text=${file}`, {}],
      ['--secret=text', { input: Buffer.from([0x80]) }],
    ] as const) {
      const { status, stderr } = await station.run(['item', 'create', 'note', '--title', 'Binary', flag], how);
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('not UTF-8') });
    }
  });
});

test('a template is filled in, and what an item has can be read back as one', async () => {
  const template = await station.json(['item', 'template', 'database']);
  const values: Record<string, string | undefined> = { host: 'db.example.com', port: '5432', password: 'p w\n' };
  for (const field of template.fields) field.value = values[field.name] ?? '';
  template.title = 'Copied';
  template.fields.push({ section: 'More', name: 'note', kind: 'note', value: 'kept' });
  const made = await station.json(['item', 'create', 'database', '--from-template', '-'], {
    input: JSON.stringify(template),
  });
  expect(made.fields.map(({ name }: Json) => name)).toEqual(['host', 'port', 'password', 'note']);
  const { title, urls, tags, fields } = await station.json(['item', 'view', 'Copied', '--reveal']);
  const file = station.file('template.json', JSON.stringify({ title, urls, tags, fields }));
  const again = await station.json(['item', 'create', 'database', '--from-template', file, '--title', 'Again']);
  const copy = await station.json(['item', 'view', again.id, '--reveal']);
  expect(copy).toMatchObject({ title: 'Again', fields, urls, tags });
  for (const bad of ['{', '[]', '{"titel":"x"}', '{"title":"x","fields":[{"name":"a"}]}']) {
    const { status, stdout, stderr } = await station.run(['item', 'create', 'login', '--from-template', '-'], {
      input: bad,
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^The template /),
    });
  }
});

test('passwords and passphrases are made, and rated', async () => {
  const generate = async (...flags: string[]) => (await station.ok(['password', 'generate', ...flags])).slice(0, -1);
  const [one, two, letters, phrase] = await Promise.all([
    generate(),
    generate('--length', '40'),
    generate('--no-symbols', '--length', '8'),
    generate('--passphrase', '--words', '7'),
  ]);
  expect([one.length, two.length, one === two.slice(0, 24)]).toEqual([24, 40, false]);
  expect(letters).toMatch(/^[0-9A-Za-z]{8}$/);
  expect(phrase.split('-').length).toBeGreaterThanOrEqual(7);
  expect((await station.run(['password', 'generate', '--length', '7'])).status).toBe(2);
  expect(await station.json(['password', 'score'], { input: 'hunter2\n' })).toMatchObject({ score: 1 });
  expect((await station.json(['password', 'score'], { input: `${phrase}\n` })).score).toBe(4);
});

test.skipIf(NO_TERMINAL !== undefined)(
  'at a terminal `item create login` asks for all of it, the password hidden',
  async () => {
    const { status, stdout } = await atTerminal(station, {
      args: ['item', 'create', 'login'],
      steps: [
        ['Title:', 'Asked\r'],
        ['User name:', 'ann\r'],
        ['makes one):', 'hidden-one\r'],
        ['or Enter):', 'https://asked.example\r'],
      ],
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/Created login Asked in Personal/) });
    expect(stdout).not.toContain('hidden-one');
    const { username, urls, fields } = await station.json(['item', 'view', 'Asked', '--reveal']);
    expect({ username, urls }).toEqual({ username: 'ann', urls: ['https://asked.example'] });
    expect(byName(fields)['password'].value).toBe('hidden-one');
  },
);

test('lists are cut into pages, newest change first', async () => {
  const seen: Json[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await station.json([
      'item',
      'list',
      '--vault',
      'Personal',
      '--limit',
      '8',
      ...(cursor === '' ? [] : ['--cursor', cursor]),
    ]);
    seen.push(...page.data);
    cursor = page.next_cursor;
  }
  const [vault] = (await station.json(['vault', 'list'])).data.filter(({ name }: Json) => name === 'Personal');
  expect(new Set(seen.map(({ id }) => id)).size).toBe(vault.items);
  const times = seen.map(({ updated_at }) => updated_at);
  expect(times).toEqual([...times].sort().reverse());
  const logins = (await station.json(['item', 'list', '--type', 'login'])).data;
  expect(new Set(logins.map(({ type }: Json) => type))).toEqual(new Set(['login']));
});
