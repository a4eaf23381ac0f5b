/**
 * The commands of the reference documents, played as a stranger would type them: `pat` of `000_…`, and what the product
 * takes from `002_…` and `004_…`.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDuration, isoTime, parseDuration } from '../../src/core/expiry.js';
import { Station } from './station.js';
import { play } from './transcript.js';

let station: Station;
/** Ids by the names under which transcripts use them. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  station = await new Station('workflow').open();
  for (const name of ['CI Secrets', 'Production']) await station.ok(['vault', 'create', name]);
  const item = ['item', 'create', 'database', '--vault', 'Production', '--title', 'DB password'];
  ids['ITEM'] = (await station.json([...item, '--field', 'username=deploy', '--generate'])).id;
  const vaults: { id: string; name: string }[] = (await station.json(['vault', 'list'])).data;
  ids['CI'] = vaults.find(({ name }) => name === 'CI Secrets')!.id;
  ids['PRODUCTION'] = vaults.find(({ name }) => name === 'Production')!.id;
});

afterAll(() => station.end());

test('the typical workflow: create, grant, log in with the token', async () => {
  await play(
    station,
    `
    $ vouchsafe pat create --name "ci-runner" --expiration 3m
    VOUCHSAFE_PERSONAL_ACCESS_TOKEN=<token>
    ! Token <id> (ci-runner), expires <time> (UTC).
    ! It has no access yet.
    ! This is the only time that it is shown: keep it where only its user can read it.
    ! Next: vouchsafe pat access grant --pat-name ci-runner --vault-name VAULT --role viewer
    $ vouchsafe pat access grant --pat-name "ci-runner" --vault-name "CI Secrets" --role viewer
    - [<id>] CI Secrets | Type=Vault | Role=Viewer | Expires: <time> (UTC)
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe login
    Logged in as the token ci-runner, until <time> (UTC).
    $ env -u VOUCHSAFE_SESSION vouchsafe info
    Personal Access Token: ci-runner
    Id:       <id>
    By:       vouchsafe login
    Agent:    no
    Expires:  <time> (UTC)
    Scopes:   *
    Reaches:
    - vault CI Secrets (viewer)
    $ env -u VOUCHSAFE_SESSION vouchsafe vault list
    NAME        ID                ITEMS  ROLE    DESCRIPTION
    CI Secrets  <id>  0  viewer  -
    $ env -u VOUCHSAFE_SESSION vouchsafe pat list
    ! This is the owner's command, but vouchsafe login gives the token ci-runner.
    ! If you are the owner, run \`vouchsafe logout\`.
    [exit 4]
    $ env -u VOUCHSAFE_SESSION vouchsafe logout
    Logged out.
    $ env -u VOUCHSAFE_SESSION vouchsafe logout
    There was no token to forget.
    $ env -u VOUCHSAFE_SESSION vouchsafe info
    ! The safe is locked, and there is no terminal to ask at.
    ! Unlock first with \`eval "$(vouchsafe unlock)"\`, or set VOUCHSAFE_PASSWORD_FILE, or use --password-stdin.
    [exit 4]
    $ vouchsafe info --json | cut -c1-50
    {"kind":"owner","source":"VOUCHSAFE_SESSION","safe
    `,
  );
});

test('every form of the reference, by name and by id, under both namespaces', async () => {
  await station.ok(['pat', 'create', '--name', 'deploy-bot', '--expiration', '3m']);
  const tokens: { id: string; name: string }[] = (await station.json(['pat', 'list'])).data;
  ids['BOT'] = tokens.find(({ name }) => name === 'deploy-bot')!.id;
  expect(ids['BOT']).toMatch(/^[a-z]+-[a-z]+-[a-z]+-[a-z]+$/);
  await play(
    station,
    `
    $ vouchsafe pat access grant --personal-access-token-name deploy-bot --share-id $PRODUCTION
    - [<id>] Production | Type=Vault | Role=Viewer | Expires: <time> (UTC)
    $ vouchsafe pat access grant --personal-access-token-id $BOT --vault-name Production --item-title "DB password" --role manager
    - [<id>] DB password | Type=Item | Role=Manager | Expires: <time> (UTC)
    $ vouchsafe personal-access-token access list-access --pat-name "deploy-bot"
    Personal access token access grants:

    - [<id>] Production | Type=Vault | Role=Viewer | Expires: <time> (UTC)
    - [<id>] DB password | Type=Item | Role=Manager | Expires: <time> (UTC)
    $ vouchsafe pat access grant --pat-id $BOT --vault-id $PRODUCTION --item-id $ITEM --role editor
    - [<id>] DB password | Type=Item | Role=Editor | Expires: <time> (UTC)
    $ vouchsafe pat access list-access deploy-bot --output json
    {"schema_version":1,"data":[{"grant_id":"<id>","type":"vault","vault":{"id":"<id>","name":"Production"},"role":"viewer","expires_at":"<time>","limits":{},"left":{}},{"grant_id":"<id>","type":"item","vault":{"id":"<id>","name":"Production"},"item":{"id":"<id>","title":"DB password"},"role":"editor","expires_at":"<time>","limits":{},"left":{}}],"next_cursor":null}
    $ vouchsafe pat access revoke --pat-name "deploy-bot" --share-id $PRODUCTION --item-title "db PASSWORD"
    Revoked access of <id> (grants: 1).
    Ended access:
    - [<id>] DB password | Type=Item | Role=Editor | Expires: <time> (UTC)
    Keys changed in:
    - Production (items: 1)
    It has read no secret.
    $ vouchsafe pat access revoke --pat-name "deploy-bot" --share-id $PRODUCTION
    Revoked access of <id> (grants: 1).
    Ended access:
    - [<id>] Production | Type=Vault | Role=Viewer | Expires: <time> (UTC)
    Keys changed in:
    - Production (items: 1)
    It has read no secret.
    $ vouchsafe pat access list-access --token $BOT
    Personal access token access grants:

    (none)
    $ vouchsafe pat access revoke deploy-bot --all
    Revoked access of <id> (grants: 0).
    It has read no secret.
    $ vouchsafe grant DEPLOY-BOT "production/db password" --role viewer --expiration 1w
    - [<id>] DB password | Type=Item | Role=Viewer | Expires: <time> (UTC)
    $ vouchsafe revoke $BOT "Production/DB password"
    Revoked access of <id> (grants: 1).
    Ended access:
    - [<id>] DB password | Type=Item | Role=Viewer | Expires: <time> (UTC)
    Keys changed in:
    - Production (items: 1)
    It has read no secret.
    `,
    { BOT: ids['BOT'], PRODUCTION: ids['PRODUCTION']!, ITEM: ids['ITEM']! },
  );
});

test('renewing keeps the access and ends the old string; deleting ends it for good', async () => {
  const old = await station.token('renewed', '--vault', 'Production');
  await play(
    station,
    `
    $ vouchsafe pat renew --personal-access-token-name "renewed" --expiration 3m
    VOUCHSAFE_PERSONAL_ACCESS_TOKEN=<token>
    ! Token <id> (renewed), expires <time> (UTC).
    ! It reaches: vault Production (viewer).
    ! This is the only time that it is shown: keep it where only its user can read it.
    ! Next: set the variable where it is used, and run vouchsafe login
    ! The token string before this one no longer works.
    ! No keys were changed. If the old token leaked, run this again with --rotate.
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$OLD vouchsafe login
    ! The token was revoked or renewed.
    ! Ask the owner of the safe for a token: set VOUCHSAFE_PERSONAL_ACCESS_TOKEN or use --token-file.
    [exit 4]
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe vault list
    NAME        ID                ITEMS  ROLE    DESCRIPTION
    Production  <id>  1  viewer  -
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe item view "DB password" --field username
    deploy
    $ vouchsafe pat delete renewed
    ! There is no terminal to ask at.
    ! Add --force to do it without being asked.
    [exit 2]
    $ vouchsafe pat revoke renewed --json
    ! {"error":{"code":"invalid_request","message":"This can't be undone, and with --output json nobody is asked.","next":"Add --force to do it without being asked."}}
    [exit 2]
    $ vouchsafe pat revoke renewed --force
    Deleted <id> (renewed). It opens nothing from now on.
    Ended access:
    - [<id>] Production | Type=Vault | Role=Viewer | Expires: <time> (UTC)
    Keys changed in:
    - Production (items: 1)
    It has read no secret.
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe info
    ! The token was revoked or renewed.
    ! Ask the owner of the safe for a token: set VOUCHSAFE_PERSONAL_ACCESS_TOKEN or use --token-file.
    [exit 4]
    $ vouchsafe pat list --all | grep renewed
    <id>  renewed  revoked  <time>  <time>  <time>  *
    `,
    { OLD: old },
  );
});

test('a revocation names what the token has read, whoever renewed it in between', async () => {
  const token = await station.token('reader', '--vault', 'Production');
  const read = await station.asToken(token, ['item', 'view', 'DB password', '--field', 'password']);
  expect(read).toMatchObject({ status: 0, stderr: '' });
  await station.ok(['pat', 'renew', 'reader']);
  await play(
    station,
    `
    $ vouchsafe revoke reader
    Deleted <id> (reader). It opens nothing from now on.
    Ended access:
    - [<id>] Production | Type=Vault | Role=Viewer | Expires: <time> (UTC)
    It has read these. Change them at the service:
    - [<id>] DB password
    Keys changed in:
    - Production (items: 1)
    `,
  );
});

test('lists: a table, the brief form of the reference, JSON, CSV, local times', async () => {
  await station.ok(['pat', 'create', 'listed', '--expiration', '1y', '--scope', 'read', '--scope', 'totp']);
  const listed: { name: string }[] = (await station.json(['pat', 'list'])).data;
  expect(listed.find(({ name }) => name === 'listed')).toEqual({
    id: expect.stringMatching(/^[a-z]+-[a-z]+-[a-z]+-[a-z]+$/),
    name: 'listed',
    description: '',
    agent: false,
    status: 'active',
    scopes: ['read', 'totp'],
    created_at: expect.stringMatching(/Z$/),
    expires_at: expect.stringMatching(/Z$/),
    last_used_at: null,
  });
  await play(
    station,
    `
    $ vouchsafe pat list --cursor $(vouchsafe pat list --json | sed 's/.*"id":"\\([a-z-]*\\)","name":"deploy-bot".*/\\1/')
    ID  NAME  STATUS  CREATED  EXPIRES  LAST USED  SCOPES
    <id>  listed  active  <time>  <time>  Never  read, totp
    $ vouchsafe pat list --brief
    - [<id>]: ci-runner (expires: <day>)
    - [<id>]: deploy-bot (expires: <day>)
    - [<id>]: listed (expires: <day>)
    $ vouchsafe pat list --limit 2 --output csv
    id,name,description,agent,status,scopes,created_at,expires_at,last_used_at\r
    <id>,ci-runner,,false,active,*,<time>,<time>,<time>\r
    <id>,deploy-bot,,false,active,*,<time>,<time>,\r
    ! There is more: add --cursor <id>
    `,
  );
  const at = Date.parse(listed.find(({ name }) => name === 'listed')!['expires_at' as never]);
  const tokyo = await station.ok(['pat', 'list', '--local'], { env: { TZ: 'Asia/Tokyo' } });
  expect(tokyo).toContain(
    isoTime(at + 9 * 3_600_000)
      .slice(0, 16)
      .replace('T', ' '),
  );
  expect(await station.ok(['pat', 'list'], { env: { TZ: 'Asia/Tokyo' } })).not.toBe(tokyo);
});

test('pages: a cursor goes on where the page before ended, and no token comes twice or is left out', async () => {
  const all: { id: string }[] = (await station.json(['pat', 'list', '--all'])).data;
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const env: Record<string, string> = cursor === '' ? {} : { VOUCHSAFE_CURSOR: cursor };
    const page = await station.json(['pat', 'list', '--all', '--limit', '2'], { env });
    seen.push(...page.data.map(({ id }: { id: string }) => id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(all.map(({ id }) => id));
});

test('an expiry is a duration, a number of days, a date, or the default', async () => {
  const expiryOf = async (...flags: string[]): Promise<number> => {
    const made = await station.json(['pat', 'create', `expiry ${flags.join(' ')}`, ...flags]);
    const [from, until] = [Date.parse(made.created_at), Date.parse(made.expires_at)];
    return until - from;
  };
  const now = Date.now();
  const after = (text: string) => addDuration(now, parseDuration(text)) - now;
  const day = 86_400_000;
  expect(await expiryOf('--expiration', '3m')).toBeCloseTo(after('3m'), -6);
  expect(await expiryOf('--expires', '1h')).toBe(3_600_000);
  expect(await expiryOf('--expiry', '30')).toBe(30 * day);
  expect(await expiryOf()).toBe(180 * day);
  const date = isoTime(now + 20 * day).slice(0, 10);
  const made = await station.json(['pat', 'create', 'to the end of a day', '--expiry', date]);
  expect(made.expires_at).toBe(`${date}T23:59:59.999Z`);
  await station.ok(['settings', 'set', 'pat.require-expiration', 'false']);
  expect((await station.json(['pat', 'create', 'for ever', '--expiration', 'never'])).expires_at).toBeNull();
  expect(await station.ok(['pat', 'list', '--brief'])).toContain(']: for ever (expires: never)');
  await station.ok(['settings', 'set', 'pat.require-expiration', 'true']);
});

test('what is made by a script: JSON with the token once, options of the environment, and never what widens', async () => {
  const env = { VOUCHSAFE_NAME: 'from env', VOUCHSAFE_DESCRIPTION: 'Nightly', VOUCHSAFE_EXPIRATION: '30' };
  const widening = { VOUCHSAFE_ROLE: 'manager', VOUCHSAFE_VAULT: 'Production', VOUCHSAFE_FORCE: '1' };
  const made = await station.json(['pat', 'create'], { env: { ...env, ...widening, VOUCHSAFE_SCOPE: 'read,totp' } });
  expect(made).toEqual({
    id: expect.any(String),
    name: 'from env',
    description: 'Nightly',
    agent: false,
    scopes: ['read', 'totp'],
    created_at: expect.stringMatching(/Z$/),
    expires_at: expect.stringMatching(/Z$/),
    token: expect.stringMatching(/^vsp_[0-9A-Za-z]{64}::[0-9A-Za-z_-]{43}$/),
    env: `VOUCHSAFE_PERSONAL_ACCESS_TOKEN=${made.token}`,
    grants: [],
  });
  expect((await station.run(['pat', 'delete', 'from env'], { env: widening })).status).toBe(2);
  const described = await station.json([
    'pat',
    'create',
    '--description',
    'named by its description',
    '--expires',
    '1d',
  ]);
  expect(described.name).toBe('named by its description');
  expect((await station.json(['pat', 'create', 'all scopes', '--scope', '*', '--expiry', '1d'])).scopes).toEqual([
    'read',
    'reveal',
    'totp',
    'write',
    'use',
  ]);
});

test('a token that is shown once is not made where it cannot be written', async () => {
  const before = await station.ok(['pat', 'list', '--all', '--json']);
  const lost = await station.run(['pat', 'create', 'lost', '-o', `${station.folder}/nowhere/token`]);
  expect(lost).toMatchObject({ status: 1, stdout: '' });
  expect(await station.ok(['pat', 'list', '--all', '--json'])).toBe(before);
  const renewed = await station.run(['pat', 'renew', 'deploy-bot', '-o', station.home]);
  expect(renewed.status).toBe(1);
  expect(await station.ok(['pat', 'list', '--all', '--json'])).toBe(before);
  const kept = join(station.folder, 'kept.token');
  await station.ok(['pat', 'create', 'kept', '-o', kept, '--expiration', '1d']);
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  const info = await station.run(['info', '--token-file', kept], { env: { VOUCHSAFE_SESSION: undefined } });
  expect(info).toMatchObject({ status: 0, stdout: expect.stringContaining('Personal Access Token: kept') });
  const taken = join(station.folder, 'taken.token');
  expect(await station.run(['pat', 'create', 'kept', '-o', taken])).toMatchObject({ status: 6, stdout: '' });
  expect(existsSync(taken)).toBe(false);
});

test('agents: a token with a flag, which must say why; instructions and log of one agent', async () => {
  await play(
    station,
    `
    $ vouchsafe agent create helper --vault Production --vault "CI Secrets" --role editor --expiration 2w
    VOUCHSAFE_PERSONAL_ACCESS_TOKEN=<token>
    ! Token <id> (helper), expires <time> (UTC).
    ! It reaches: vault CI Secrets (editor), vault Production (editor).
    ! This is the only time that it is shown: keep it where only its user can read it.
    ! Next: vouchsafe agent instructions helper
    $ vouchsafe agent list --brief
    - [<id>]: helper (expires: <day>)
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe item list
    ! The reason is missing.
    ! Add --reason (or set VOUCHSAFE_AGENT_REASON) that says what you need this for, for example: "Run the database migration for ticket OPS-42".
    [exit 5]
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe item list --reason "Find the password for OPS-42"
    TITLE  TYPE  USER NAME  VAULT  CHANGED  ID
    DB password  database  deploy  Production  <time>  <id>
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_AGENT_REASON="Migrate for OPS-42" VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe item view "DB password"
    DB password
    type  database
    vault  Production
    id  <id>
    revision  <n>, <time> (UTC)

    username  deploy
    password  ••••••••
    $ vouchsafe agent monitor helper
    #  TIME  WHO  WHAT  WHERE  OUTCOME  REASON
    <n>  <time>  helper  item.read  Production/DB password  granted  Migrate for OPS-42  [first-use]
    <n>  <time>  helper  item.search  -  granted  Find the password for OPS-42  [denied-then-granted]
    <n>  <time>  helper  item.search  -  REFUSED reason_required  -
    $ vouchsafe agent rename helper aide
    Renamed <id>: aide
    $ vouchsafe agent freeze aide
    Frozen: <id> (aide)
    ! To let it work again: vouchsafe agent unfreeze <id>
    $ env -u VOUCHSAFE_SESSION VOUCHSAFE_PERSONAL_ACCESS_TOKEN=$TOKEN vouchsafe info
    ! The token was revoked or renewed.
    ! Ask the owner of the safe for a token: set VOUCHSAFE_PERSONAL_ACCESS_TOKEN or use --token-file.
    [exit 4]
    $ vouchsafe agent unfreeze aide
    No longer frozen: <id> (aide)
    $ vouchsafe agent delete ci-runner --force
    ! ci-runner is a token, but not an agent's.
    ! Use the same command with pat in place of agent: vouchsafe pat … <id>
    [exit 3]
    `,
  );
  const instructions = await station.ok(['agent', 'instructions', 'aide']);
  expect(instructions.split('\n').length).toBeLessThanOrEqual(61);
  expect(instructions).toContain('`Production`: editor, until ');
  expect(instructions).not.toContain('vsp_');
});

test('a session is refused where an AI agent runs the command, and works again without', async () => {
  for (const name of ['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT', 'CODEX_SANDBOX', 'AI_AGENT']) {
    const { status, stdout, stderr } = await station.run(['pat', 'list'], { env: { [name]: '1' } });
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toContain(`VOUCHSAFE_SESSION is not used here: ${name} shows that an AI agent runs this command`);
    expect(stderr.trim().split('\n')).toHaveLength(2);
  }
  expect((await station.run(['pat', 'list'])).status).toBe(0);
});
