/** Believable tokens, grants and entries. */
import type { EntryShape, GrantShape, NewTokenShape, TokenShape } from '../../src/core/shapes.js';
import type { Ended } from '../../src/gate/door.js';

export const VAULT = { id: 'vault1production', name: 'Production' };

export const TOKEN: TokenShape = {
  id: 'law-hotel-shape-community',
  name: 'deploy-bot',
  description: 'Deploys the shop',
  agent: false,
  status: 'active',
  scopes: [],
  created_at: '2026-03-01T09:30:00.000Z',
  expires_at: '2026-06-01T00:00:00.000Z',
  last_used_at: null,
};

export const AGENT: TokenShape = {
  ...TOKEN,
  id: 'mild-river-stone-cabin',
  name: 'ci helper',
  agent: true,
  scopes: ['read', 'reveal'],
};

export const VAULT_GRANT: GrantShape = {
  grant_id: 'grant1',
  type: 'vault',
  vault: VAULT,
  role: 'viewer',
  expires_at: '2026-06-01T00:00:00.000Z',
  limits: {},
  left: {},
};

export const ITEM_GRANT: GrantShape = {
  ...VAULT_GRANT,
  grant_id: 'grant2',
  type: 'item',
  item: { id: 'item1', title: 'DB password' },
};

/** Stands for a token; shorter than one, so that nothing here looks like a real one. */
export const SECRET = 'vsp_example::key';

export function newToken(token: TokenShape = TOKEN, grants: readonly GrantShape[] = []): NewTokenShape {
  const { id, name, description, agent, scopes, created_at, expires_at } = token;
  const env = `VOUCHSAFE_PERSONAL_ACCESS_TOKEN=${SECRET}`;
  return { id, name, description, agent, scopes, created_at, expires_at, token: SECRET, env, grants };
}

export const ENDED: Ended = {
  token: TOKEN,
  ended: [VAULT_GRANT],
  read: [{ id: 'item1', title: 'DB password' }],
  rotated: [{ vault: 'Production', items: 12 }],
  skipped: ['item9'],
};

export const ENTRY: EntryShape = {
  seq: 41,
  at: '2026-03-02T10:15:42.120Z',
  actor: { kind: 'token', id: TOKEN.id, name: TOKEN.name },
  action: 'item.read',
  outcome: 'granted',
  vault: VAULT,
  item: { id: 'item1', title: 'DB password' },
  fields: ['password'],
  reason: 'Run the migration of OPS-42',
  signals: [],
  client: { name: 'claude-code', version: '2.1.0' },
  transport: 'stdio',
  grant_id: 'grant1',
  hash: 'a'.repeat(64),
};

export const REFUSED: EntryShape = {
  ...ENTRY,
  seq: 42,
  outcome: 'refused',
  code: 'forbidden',
  item: { id: 'item2', title: null },
  reason: 'sneaky \u202e\u001b[31m reason',
  signals: ['repeat'],
  hash: 'b'.repeat(64),
};
