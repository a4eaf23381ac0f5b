/** Items from a shell, as a token: the same commands as the owner's, through the gate, each call with its entry. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Station, type How, type Json, type Ran } from './station.js';
import { atTerminal, NO_TERMINAL } from './terminal.js';
import { play } from './transcript.js';

const REASON = 'Set up monitoring for OPS-42';

let station: Station;
let editor: string;
let viewer: string;
let plain: string;

beforeAll(async () => {
  station = await new Station('token-items').open();
  for (const name of ['Work', 'Other']) await station.ok(['vault', 'create', name]);
  editor = (await station.json(['agent', 'create', 'editor', '--vault', 'Work', '--role', 'editor'])).token;
  viewer = (await station.json(['agent', 'create', 'viewer', '--vault', 'Work'])).token;
  plain = await station.token('plain', '--vault', 'Work', '--role', 'editor');
});

afterAll(() => station.end());

const asEditor = (args: readonly string[], how: How = {}): Promise<Ran> =>
  station.asToken(editor, args, { ...how, env: { VOUCHSAFE_AGENT_REASON: REASON, ...how.env } });

async function made(args: readonly string[], how: How = {}): Promise<Json> {
  const ran = await asEditor([...args, '--json'], how);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(ran.stdout);
}

/** All that the item holds, as the owner reads it. */
const held = async (id: string): Promise<Record<string, Json>> => {
  const { fields } = await station.json(['item', 'view', id, '--reveal']);
  return Object.fromEntries(fields.map((field: Json) => [field.name, field.value]));
};

/** The newest entries, oldest first: what was done, and how it ended. */
async function entries(count: number): Promise<readonly string[]> {
  const { data } = await station.json(['audit', 'list', '--limit', String(count)]);
  return data.map(({ action, outcome, reason }: Json) => `${action} ${outcome}: ${reason}`).reverse();
}

test('create, look, update, trash and restore: as the owner sees the same', async () => {
  const env = { TOKEN: editor };
  const vouchsafe = 'env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe';
  await play(
    station,
    `
    $ ${vouchsafe} item create login --vault Work --title Grafana --generate
    ! The reason is missing.
    ! Add --reason (or set VOUCHSAFE_AGENT_REASON) that says what you need this for, for example: "Run the database migration for ticket OPS-42".
    [exit 5]
    $ ${vouchsafe} item create login --vault Work --title Grafana --field username=ops --url https://grafana.example.com --tag prod --generate --reason "Account for OPS-42"
    Created login Grafana in Work (<id>)
    $ ${vouchsafe} item update Work/Grafana --field username=deploy --add-field date:rotated=2026-06-01 --generate --words 5 --if-revision 1 --reason "Rotate for OPS-42"
    Changed login Grafana in Work (<id>), now revision 2
    $ ${vouchsafe} item update Work/Grafana --title Grafana2 --if-revision 1 --reason "Rename for OPS-42"
    ! The item is at revision 2 now.
    ! Look at it again: vouchsafe item view ITEM
    [exit 6]
    $ ${vouchsafe} item update Grafana --reason "Nothing for OPS-42"
    ! There is nothing to change.
    ! Add --title, --field, --secret, --add-field, --remove, --url, --tag or --generate.
    [exit 2]
    $ ${vouchsafe} item trash Work/Grafana --reason "Clean up for OPS-42"
    Trashed login Grafana in Work (<id>)
    ! To take it back: vouchsafe item restore <id>
    $ ${vouchsafe} item view Work/Grafana --reason "Look for OPS-42"
    ! There is no item of that name or id among what you may list.
    ! Look it up with \`vouchsafe item list\`, then use its id.
    [exit 3]
    $ ${vouchsafe} item restore Work/Grafana --reason "Needed after all for OPS-42"
    Restored login Grafana in Work (<id>)
    $ vouchsafe item view Work/Grafana
    Grafana
    type  login
    vault  Work
    id  <id>
    revision  <n>, <time> (UTC)
    tags  prod

    username  deploy
    password  ••••••••
    url  https://grafana.example.com
    rotated  <day>
    $ ${vouchsafe} item history Work/Grafana --reason "Look for OPS-42"
    ! This is the owner's command, but the environment holds the token editor.
    ! If you are the owner, run it with \`env -u VOUCHSAFE_PERSONAL_ACCESS_TOKEN vouchsafe …\`.
    [exit 4]
    `,
    env,
  );
  const { data } = await station.json(['audit', 'list', 'agent:editor outcome:granted']);
  expect(data.map(({ action }: Json) => action).reverse()).toEqual([
    ...['item.create', 'item.read', 'item.update', 'item.trash', 'item.restore'],
  ]);
});

test('the JSON is that of the item, with no word of the call around it', async () => {
  const item = await made(['item', 'create', 'api-key', '--vault', 'work', '--title', 'Sentry', '--generate']);
  expect(item).toEqual(await station.json(['item', 'view', item.id]));
  const changed = await made(['item', 'update', item.id, '--tag', 'blue']);
  expect(changed).toEqual(await station.json(['item', 'view', item.id]));
  for (const verb of ['trash', 'restore']) {
    const after = await made(['item', verb, item.id]);
    expect(after).toMatchObject({
      id: item.id,
      title: 'Sentry',
      ...(verb === 'trash' ? { trashed_at: after.updated_at } : {}),
    });
  }
});

describe('secrets', () => {
  test('from stdin, from a file byte for byte, in sections and by a template', async () => {
    const file = station.file('key.pem', '-----BEGIN\nkey\n\n');
    const flags = ['--secret', 'password', '--secret', 'Main/root', '--secret-file', `pem=${file}`];
    const item = await made(['item', 'create', 'login', '--vault', 'Work', '--title', 'Given', ...flags], {
      input: 'first\nsecond\n',
    });
    expect(item.fields).toContainEqual({ name: 'root', section: 'Main', kind: 'secret', concealed: true });
    expect(await held(item.id)).toEqual({ password: 'first', root: 'second', pem: '-----BEGIN\nkey\n\n' });
    await made(['item', 'update', item.id, '--secret', 'password', '--secret', 'extra', '--remove', 'pem'], {
      input: 'third\nfourth\n',
    });
    expect(await held(item.id)).toEqual({ password: 'third', root: 'second', extra: 'fourth' });

    const template = {
      title: 'Copied',
      tags: ['t'],
      fields: [
        { name: 'host', value: 'db' },
        { name: 'password', value: 'x' },
      ],
    };
    const create = ['item', 'create', 'database', '--vault', 'Work', '--from-template', '-', '--generate'];
    const copy = await made(create, { input: JSON.stringify(template) });
    expect(copy).toMatchObject({ title: 'Copied', tags: ['t'] });
    expect(await held(copy.id)).toEqual({ host: 'db', password: expect.stringMatching(/^.{24}$/) });
  });

  test('that are made have the form that was asked for, and are printed nowhere', async () => {
    const forms = [
      [['--generate'], /^\S{24}$/],
      [['--generate', '--length', '40', '--no-symbols'], /^[0-9A-Za-z]{40}$/],
      [['--generate=password', '--words', '4'], /^[a-z]+(?:-[a-z]+){3}$/i],
    ] as const;
    for (const [n, [flags, form]] of forms.entries()) {
      const create = ['item', 'create', 'login', '--vault', 'Work', '--title', `Form ${String(n)}`, ...flags];
      const ran = await asEditor([...create, '--json']);
      const { password } = await held(JSON.parse(ran.stdout).id);
      expect(password).toMatch(form);
      expect(ran.stdout + ran.stderr).not.toContain(password);
    }
    const { id } = JSON.parse((await asEditor(['item', 'view', 'Form 0', '--json'])).stdout);
    await made(['item', 'update', id, '--add-field', 'secret:pin', '--generate=pin', '--length', '8']);
    expect((await held(id))['pin']).toMatch(/^.{8}$/);
  });

  test('one is made at a time; more, and one out of range, are refused before anything is kept', async () => {
    const create = ['item', 'create', 'login', '--vault', 'Work', '--title', 'Never'];
    const several = await asEditor([...create, '--generate', '--generate=pin']);
    expect(several).toMatchObject({ status: 2, stdout: '' });
    expect(several.stderr).toMatch(/one secret made at a time\.\nUse --generate once/);
    for (const length of ['7', '257', 'x'])
      expect(await asEditor([...create, '--generate', '--length', length])).toMatchObject({ status: 2, stdout: '' });
    expect(await asEditor(['item', 'view', 'Never'])).toMatchObject({ status: 3 });
  });

  test('are no arguments, also where the token has to look which fields they are', async () => {
    for (const args of [
      ['item', 'create', 'login', '--vault', 'Work', '--title', 'No', '--field', 'password=canary'],
      ['item', 'update', 'Sentry', '--field', 'key=canary'],
    ]) {
      const ran = await asEditor(args);
      expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('is a secret') });
      expect(ran.stderr).not.toContain('canary');
    }
  });

  test.skipIf(NO_TERMINAL !== undefined)('at a terminal are asked for, and made for Enter', async () => {
    const env = {
      VOUCHSAFE_PERSONAL_ACCESS_TOKEN: editor,
      VOUCHSAFE_SESSION: undefined,
      VOUCHSAFE_AGENT_REASON: REASON,
    };
    const { status, stdout } = await atTerminal(station, {
      args: ['item', 'create', 'login', '--vault', 'Work'],
      env,
      steps: [
        ['Title:', 'Asked\r'],
        ['User name:', 'ann\r'],
        ['makes one):', '\r'],
        ['or Enter):', '\r'],
      ],
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('Created login Asked in Work') });
    const values = await held('Asked');
    expect(values).toEqual({ username: 'ann', password: expect.stringMatching(/^\S{24}$/) });
    expect(stdout).not.toContain(values['password']);
  });
});

describe('refusals are those of the gate, each in the log', () => {
  const create = ['item', 'create', 'note', '--title', 'N', '--vault'];

  test.each([
    ['a viewer', () => viewer, 'Work'],
    ['another vault', () => editor, 'Other'],
    ['a vault that there is not', () => editor, 'Nowhere'],
  ])('%s: forbidden, in the same words', async (_, token, vault) => {
    const ran = await station.asToken(token(), [...create, vault, '--reason', REASON]);
    expect(ran).toEqual({
      status: 5,
      stdout: '',
      stderr:
        'Your token may not do this here, or it does not exist.\n' +
        'Run `vouchsafe info` to see what you may do. If the task needs more, ask the owner, who gives access with `vouchsafe grant`.\n',
    });
    expect(await entries(1)).toEqual([`item.create refused: ${REASON}`]);
  });

  test('a dead token, and in JSON all that the answer says', async () => {
    const { token } = await station.json(['agent', 'create', 'gone', '--vault', 'Work', '--role', 'editor']);
    await station.ok(['agent', 'delete', 'gone', '--force']);
    const ran = await station.asToken(token, ['item', 'trash', 'Work/Sentry', '--json', '--reason', REASON]);
    expect(ran).toMatchObject({ status: 4, stdout: '' });
    expect(JSON.parse(ran.stderr).error).toMatchObject({ code: 'unauthenticated', next: expect.stringMatching(/\S/) });
  });

  test('a vault is named by whoever creates: what the owner set does not count', async () => {
    await station.ok(['settings', 'set', 'vault.default', 'Work']);
    expect(await asEditor(['item', 'create', 'note', '--title', 'N'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'No vault is named.\nAdd --vault: `vouchsafe vault list` shows those that this token reaches.\n',
    });
    await station.ok(['settings', 'set', 'vault.default', '']);
  });

  test('fields that the item has not, with those it has', async () => {
    const ran = await asEditor(['item', 'update', 'Work/Sentry', '--field', 'nope=1']);
    expect(ran).toMatchObject({ status: 3, stdout: '', stderr: expect.stringContaining('It has: key.') });
  });
});

test('a token without the agent flag needs no reason; one kept by login acts too', async () => {
  const env = { VOUCHSAFE_SESSION: undefined };
  expect(await station.asToken(plain, ['item', 'create', 'note', '--vault', 'Work', '--title', 'Plain'])).toMatchObject(
    {
      status: 0,
    },
  );
  const file = station.file('plain.token', `${plain}\n`);
  await station.ok(['login', '--token-file', file], { env });
  try {
    expect(await station.ok(['item', 'trash', 'Work/Plain'], { env })).toMatch(/^Trashed note Plain in Work/);
    expect(await station.run(['item', 'create', 'note', '--vault', 'Other', '--title', 'x'], { env })).toMatchObject({
      status: 5,
    });
  } finally {
    await station.ok(['logout'], { env });
  }
  expect(await entries(2)).toEqual(['item.trash granted: null', 'item.create refused: null']);
});
