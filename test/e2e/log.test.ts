/** The log as its owner asks, proves and keeps it: the main commands, played as they are typed. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, Station } from './station.js';
import { play } from './transcript.js';

const VERIFIER = join(import.meta.dirname, '..', '..', 'bin', 'vouchsafe-verify-log.js');
let station: Station;
let token: string;
const variables: Record<string, string> = {};

const read = (item: string, reason: string): Promise<{ status: number; stderr: string }> =>
  station.asToken(token, ['item', 'view', item, '--vault', 'Production', '--field', 'password', '--reason', reason]);

beforeAll(async () => {
  station = await new Station('log').open();
  await station.ok(['vault', 'create', 'Production']);
  await station.ok(['item', 'create', 'login', '--vault', 'Production', '--title', 'DB password', '--generate']);
  ({ token } = await station.json(['agent', 'create', 'bot', '--vault', 'Production', '--role', 'editor']));
  await read('DB password', 'Rotate the credentials of host 17 for OPS-12');
  await read('DB password', 'Rotate the credentials of host 18 for OPS-12');
  await read('DB password', 'test');
  await read('Payroll', 'Look for the key of the payroll');
  station.file('bin/vouchsafe-verify-log', `#!/bin/sh\nexec '${process.execPath}' '${VERIFIER}' "$@"\n`, 0o700);
  variables['FINGERPRINT'] = (await station.json(['info'])).fingerprint;
  variables['AT'] = station.folder;
});

afterAll(() => station.end());

test('asking it', async () => {
  await play(
    station,
    `
    $ vouchsafe audit list 'agent:bot outcome:granted -signal:boilerplate'
    #  TIME  WHO  WHAT  WHERE  OUTCOME  REASON
    <n>  <time>  bot  item.read  Production/DB password  granted  Rotate the credentials of host 18 for OPS-12  [template]
    <n>  <time>  bot  item.read  Production/DB password  granted  Rotate the credentials of host 17 for OPS-12  [first-use]
    $ vouchsafe audit list 'PAYROLL created:today seq:>1'
    #  TIME  WHO  WHAT  WHERE  OUTCOME  REASON
    <n>  <time>  bot  item.read  Production  REFUSED not_found  Look for the key of the payroll
    $ vouchsafe audit list 'seq:1..x'
    ! A number of an entry that cannot be read stands at position 5 of the query.
    ! seq:1..x
    ! ^
    ! Write the number of an entry, such as 42, >=42 or 10..20.
    [exit 2]
    $ vouchsafe audit list agent:nobody
    ! There is no token of that name or id.
    ! vouchsafe pat list
    [exit 3]
    $ vouchsafe audit tail -n 1 -outcome:granted
    #  TIME  WHO  WHAT  WHERE  OUTCOME  REASON
    <n>  <time>  bot  item.read  Production  REFUSED not_found  Look for the key of the payroll
    `,
  );
});

test('seeing it', async () => {
  await play(
    station,
    `
    $ vouchsafe audit stats --by outcome agent:bot | head -7
    4 entries: 3 granted, 1 refused
    <time> to <time> (UTC)

    OUTCOME  ENTRIES  REFUSED
    granted  3  0  ██████████████████████████████████████████████████
    refused  1  1  ░░░░░░░░░░░░░░░░░
    █ granted  ░ refused
    $ vouchsafe audit report | sed -n '/LITTLE/,$p'
    REASONS THAT SAY LITTLE
    - bot, 1 time: "Rotate the credentials of host 18 for OPS-12", last in entry 8
    - bot, 1 time: "test", last in entry 9
    Tell these agents what a good reason is. Those of empty words can be refused:
    vouchsafe settings set reason.policy strict

    ROLES WIDER THAN THEIR USE
    - bot: vault Production (editor), used as viewer
    vouchsafe pat access grant --pat-id <id> --vault-id <id> --role viewer

    There are no secrets that an ended token was given, no unused tokens, no unused grants.
    `,
  );
});

test('proving it', async () => {
  await play(
    station,
    `
    $ cd $AT && vouchsafe audit export --proof --to log.jsonl 2>&1 | head -1
    Proof of entries 1 to 11 (11).
    $ cd $AT && vouchsafe-verify-log log.jsonl --owner "$FINGERPRINT" | head -1
    Verified: entries 1 to 11 of safe <id> (11 signatures).
    $ cd $AT && vouchsafe-verify-log log.jsonl | head -1
    Consistent: entries 1 to 11 of safe <id> (11 signatures).
    $ cd $AT && sed 's/"outcome":"refused"/"outcome":"granted"/' log.jsonl | vouchsafe-verify-log - 2>&1 | head -1
    Integrity failure at entry 10: the entry, its changes or the entry before it was changed.
    $ vouchsafe audit export --proof agent:bot --to $AT/other.jsonl
    ! A proof has no gaps: it holds every entry of a stretch of the log.
    ! Choose the stretch with seq:100..200 or created:<day>..<day>, or leave the query out.
    [exit 2]
    $ vouchsafe audit export agent:bot --format csv | cut -d, -f1,5-7
    seq,actor.name,action,outcome
    7,bot,item.read,granted
    8,bot,item.read,granted
    9,bot,item.read,granted
    10,bot,item.read,refused
    ! Exported: 4 entries (csv). The log says so, as audit.export.
    `,
    variables,
  );
});

test('keeping it', async () => {
  await play(
    station,
    `
    $ vouchsafe audit archive --before 2000-01-01 --to $AT/old.jsonl
    ! No entry is older than <day> and still here.
    ! vouchsafe audit list --until DATE
    [exit 3]
    $ vouchsafe audit archive --before 2100-01-01 --to $AT/old.jsonl | sed -n '1p;3p'
    Exported: entries 1 to 11 (11) with their proof.
    Verified: the file, from its first entry to its last.
    $ vouchsafe audit verify --full | head -2
    The log is whole.
    Covered: entries 12 to 13 (2), 2 signatures, 3 items.
    $ vouchsafe audit import-archive $AT/old.jsonl | cut -d, -f1
    Put back and verified: entries 1 to 11
    $ vouchsafe audit verify --full | head -2
    The log is whole.
    Covered: entries 1 to 14 (14), 14 signatures, 3 items.
    `,
    variables,
  );
});

test('refusing reasons that say nothing', async () => {
  await station.ok(['settings', 'set', 'reason.policy', 'strict']);
  const { status, stderr } = await read('DB password', 'I need the password please');
  expect(status).toBe(5);
  expect(stderr).toMatch(/^The reason says nothing about what this access is for\.\nSay what the access is for/);
  expect((await read('DB password', 'Rotate the credentials of host 19 for OPS-13')).status).toBe(0);
  const { data } = await station.json(['audit', 'list', 'code:reason_required']);
  expect(data).toMatchObject([{ reason: 'I need the password please', signals: ['boilerplate'] }]);
});

test('on a disk without room the owner still reads, and nothing is given or written', async () => {
  // No file may grow beyond 16 blocks: SQLite finds no room for what its processes share.
  const cramped = (args: string, env: Record<string, string | undefined> = {}): ReturnType<typeof execute> =>
    execute('/bin/bash', ['-c', `trap '' XFSZ; ulimit -f 16; exec vouchsafe ${args}`], {
      env: station.environment(env),
    });
  const before = (await station.json(['audit', 'list', '--limit', '1'])).data[0].seq;
  const given = await cramped(`item view "DB password" --field password --reason "Rotate host 20 for OPS-14"`, {
    VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token,
    VOUCHSAFE_SESSION: undefined,
  });
  expect(given).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^The disk is full: nothing was/) });
  expect(JSON.parse((await cramped('audit list --limit 1 --json')).stdout).data[0].seq).toBe(before);
  expect((await cramped('audit verify --full')).stdout).toMatch(/^The log is whole\./);
  const written = await cramped('audit checkpoint');
  expect(written).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^The disk is full.*\nFree some/) });
  expect((await station.json(['audit', 'list', '--limit', '1'])).data[0].seq).toBe(before);
});
