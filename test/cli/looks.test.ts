/** What people see on a terminal of 80 columns: no word is broken, an empty list has a next step, one thing is one thing. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { register as registerItem } from '../../src/cli/commands/item.js';
import { register as registerPat } from '../../src/cli/commands/pat.js';
import { register as registerRecipe } from '../../src/cli/commands/recipe.js';
import { register as registerSafeFile } from '../../src/cli/commands/safe-file.js';
import { verificationText } from '../../src/cli/commands/audit-verify.js';
import { ownerInfo } from '../../src/cli/commands/info-text.js';
import { register as registerVault } from '../../src/cli/commands/vault.js';
import type { Runner } from '../../src/cli/context.js';
import { createOutput } from '../../src/cli/output.js';
import { displayWidth } from '../../src/cli/width.js';
import type { ItemShape } from '../../src/core/shapes.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { ITEM_GRANT, newToken, TOKEN, VAULT_GRANT } from './fixtures.js';
import { runCommand, type Ran } from './harness.js';

const ITEM: ItemShape = {
  id: 'i'.repeat(32),
  type: 'login',
  vault: 'Production',
  vault_id: 'v1',
  username: null,
  urls: [],
  title: `Owner account of the organisation ${'as the pipeline uses it '.repeat(3)}`.trim(),
  tags: ['one tag', ...Array.from({ length: 12 }, (_, i) => `tag ${String(i)}`)],
  fields: [{ name: 'a name of a field that is longer than most are', kind: 'text', value: 'v' }],
  revision: 1,
  created_at: '2026-03-01T09:30:00.000Z',
  updated_at: '2026-03-01T09:30:00.000Z',
};
const vault = { id: 'v1', name: 'My vault', description: '', items: 1, created_at: '', updated_at: '' };
const none = { data: [], nextCursor: null };

const door: Partial<OwnerDoor> = {
  allItemRules: () => Promise.resolve(new Map()),
  createVault: ({ name }) => Promise.resolve({ ...vault, name }),
  findToken: () => Promise.resolve(TOKEN),
  freezeToken: () => Promise.resolve({ ...TOKEN, status: 'frozen' }),
  getSetting: (name) => Promise.resolve({ name, value: '', is_default: true }),
  itemRules: () => Promise.resolve({ approve: false, decoy: false, http: null }),
  listAccess: () =>
    Promise.resolve([VAULT_GRANT, { ...ITEM_GRANT, limits: { max_uses: 5, purpose: 'p '.repeat(60) } }]),
  listItems: () => Promise.resolve([]),
  listRecipes: () => Promise.resolve([]),
  listTokens: () => Promise.resolve(none),
  listVaults: () => Promise.resolve([]),
  renewToken: () => Promise.resolve(newToken({ ...TOKEN, name: 'a name that goes on and on' }, [VAULT_GRANT])),
  trashItem: () => Promise.resolve(ITEM),
  viewItem: () => Promise.resolve(ITEM),
};

function register(program: Command, run: Runner): void {
  for (const each of [registerVault, registerItem, registerPat, registerRecipe, registerSafeFile]) each(program, run);
}

async function at80(...words: string[]): Promise<Ran> {
  const ran = await runCommand(words, { register, door, columns: 80 });
  expect(ran.error).toBeUndefined();
  return ran;
}

describe('on a terminal of 80 columns no line is too wide', () => {
  it.each([
    [['pat', 'access', 'list-access', 'deploy-bot']],
    [['pat', 'renew', 'deploy-bot']],
    [['item', 'view', 'x']],
    [['item', 'trash', 'x']],
  ])('%j', async (words) => {
    const { stdout, stderr } = await at80(...words);
    const lines = `${stdout}${stderr}`.split('\n');
    for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(80);
    expect(lines.length).toBeGreaterThan(3);
  });

  it('and elsewhere each grant is one line', async () => {
    const { stdout } = await runCommand(['pat', 'access', 'list-access', 'deploy-bot'], { register, door });
    expect(stdout).toContain(
      '- [vault1production] Production | Type=Vault | Role=Viewer | Expires: 2026-06-01 00:00 (UTC)\n',
    );
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
  });

  it('a long name stays apart from its value', async () => {
    expect((await at80('item', 'view', 'x')).stdout).toContain('longer than most are  v\n');
  });
});

describe('an empty list says what to do', () => {
  it.each([
    [['vault', 'list'], 'vouchsafe vault create NAME'],
    [['item', 'list'], 'vouchsafe item create login --vault VAULT'],
    [['item', 'list', '--vault', 'My vault'], "vouchsafe item create login --vault 'My vault'"],
    [['pat', 'list'], 'vouchsafe pat create NAME'],
    [['agent', 'list'], 'vouchsafe agent create NAME'],
    [['recipe', 'list'], 'vouchsafe recipe create NAME --vault VAULT -- COMMAND'],
  ])('%j', async (words, next) => {
    const { stdout, stderr } = await at80(...words);
    expect(stdout).toBe('');
    expect(stderr).toContain(next);
    const json = await runCommand([...words, '--json'], { register, door });
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({ data: [] });
  });
});

it('what may be wanted back says how, and what is new what comes next', async () => {
  expect((await at80('pat', 'freeze', 'deploy-bot')).stderr).toBe(
    `To let it work again: vouchsafe pat unfreeze ${TOKEN.id}\n`,
  );
  expect((await at80('item', 'trash', 'x')).stderr).toContain(`vouchsafe item restore ${ITEM.id}`);
  expect((await at80('vault', 'create', 'My vault')).stderr).toBe(
    "Next: vouchsafe item create login --vault 'My vault'\n",
  );
});

describe('one thing is not told as several', () => {
  const facts = { home: '/h', ending: [], requests: 0, bypasses: [], lockdown: false, compromised: [] };
  const safe = { source: 's', safe_id: 'i', fingerprint: 'f', vaults: 1, items: 1, tokens: 1, entries: 1, ...facts };
  const found = {
    ok: true,
    entries: 1,
    from: 1,
    to: 1,
    signatures: 1,
    items: 1,
    head: null,
    checkpoint: null,
    fault: null,
  };

  it.each([
    [() => ownerInfo(safe, createOutput()), '1 vault, 1 item, 1 token, 1 entry of the log'],
    [() => ownerInfo({ ...safe, entries: 2 }, createOutput()), '2 entries of the log'],
    [() => verificationText(found, true), '1 signature, 1 item.'],
  ])('%#', (text, words) => {
    expect(text()).toContain(words);
  });

  it('a use of a token', async () => {
    const commands = [`vouchsafe pat access revoke --pat-id ${TOKEN.id} --grant-id ${'g'.repeat(16)}`];
    const used = { calls: 1, uses: 1, items: 1, fields: [] };
    const grants = [{ grant: VAULT_GRANT, change: 'end', why: 'It needed nothing.', used, commands }] as const;
    const tighten = () => Promise.resolve({ token: TOKEN, since: '2026-01-01T00:00:00Z', applied: false, grants });
    const given = { register, door: { ...door, tighten }, columns: 80 };
    const { stdout } = await runCommand(['pat', 'tighten', 'deploy-bot'], given);
    expect(stdout).toContain('  used: 1 call, 1 secret given, 1 item\n');
    expect(stdout).toContain(`  $ ${commands[0]!}\n`);
  });

  it('a backup', async () => {
    const to = join(tmpdir(), 'none.db');
    const backup = (path: string) => Promise.resolve({ path, bytes: 9_216, entries: 1, removed: [] });
    const { stdout } = await runCommand(['backup', '--to', to], { register, door: { backup } });
    expect(stdout).toBe(`Backup: ${to} (9,216 bytes, 1 entry of the log)\n`);
  });
});
