/** Which tokens reach a vault or an item, and by what. */
import { Refusal } from '../../core/refusal.js';
import type { GrantShape, TokenShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { page } from '../page.js';
import { Badge, Card, EmptyState, TokenBadge } from '../part.js';
import { type Column, Table } from '../table.js';
import { Time } from '../time.js';
import { limitTexts } from '../tokens/grant.js';
import { ASSETS, findItem, findVault, itemPath, vaultPath } from './place.js';

/** The most tokens that are looked at. */
const MOST_TOKENS = 1000;

interface Row {
  readonly token: TokenShape;
  readonly grant: GrantShape;
}

/** Who reaches all of a vault, or an item of it. */
export async function showVaultReach(c: ConsoleContext): Promise<Response> {
  const { id, name } = await findVault(c);
  const rows = await rowsOf(c, (grant) => grant.vault.id === id);
  return reachPage(c, { rows, name, path: vaultPath(id) });
}

/** Who reaches an item: by the item itself, or by its vault. */
export async function showItemReach(c: ConsoleContext): Promise<Response> {
  const { id, title, vault_id: vault } = await findItem(c);
  const rows = await rowsOf(c, (grant) => (grant.item === undefined ? grant.vault.id === vault : grant.item.id === id));
  return reachPage(c, { rows, name: title, path: itemPath(id) });
}

async function rowsOf(c: ConsoleContext, reaches: (grant: GrantShape) => boolean): Promise<readonly Row[]> {
  const { data } = await c.get('door').listTokens({ all: false, agentsOnly: false, limit: MOST_TOKENS });
  const rows: Row[] = [];
  for (const token of data)
    for (const grant of await accessOf(c, token)) if (reaches(grant)) rows.push({ token, grant });
  return rows;
}

/** One whose rows were changed is let in nowhere. */
async function accessOf(c: ConsoleContext, { id }: TokenShape): Promise<readonly GrantShape[]> {
  try {
    return await c.get('door').listAccess({ by: 'id', text: id });
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

function Limits({ grant }: Pick<Row, 'grant'>) {
  const texts = limitTexts(grant);
  return (
    <>
      {texts.length === 0 ? <span class="muted">none</span> : texts.join(' · ')}
      {grant.purpose === undefined ? null : <p class="hint">{grant.purpose}</p>}
    </>
  );
}

interface Shown {
  readonly rows: readonly Row[];
  readonly name: string;
  readonly path: string;
}

async function reachPage(c: ConsoleContext, { rows, name, path }: Shown): Promise<Response> {
  const now = c.get('now');
  const columns: readonly Column<Row>[] = [
    { title: 'Token', kind: 'main', cell: ({ token }) => <a href={`/tokens/${token.id}`}>{token.name}</a> },
    { title: 'Status', cell: ({ token }) => <TokenBadge status={token.status} /> },
    { title: 'Role', cell: ({ grant }) => <Badge>{grant.role}</Badge> },
    { title: 'Reaches', cell: ({ grant }) => grant.item?.title ?? 'the whole vault' },
    { title: 'Ends', cell: ({ grant }) => <Time at={grant.expires_at} now={now} form="short" /> },
    { title: 'Limits', kind: 'wide', cell: ({ grant }) => <Limits grant={grant} /> },
  ];
  return page(
    c,
    {
      title: `Who reaches ${name}`,
      lead: 'Tokens with an access to it. Frozen and expired ones are let in nowhere until you change that.',
      parent: { href: path, title: name },
      keys: [
        ['j', 'Next row'],
        ['k', 'Row before'],
      ],
      ...ASSETS,
    },
    <Card title={rows.length === 1 ? '1 access' : `${String(rows.length)} accesses`} flush>
      {rows.length === 0 ? (
        <EmptyState title="No token reaches it.">
          <p class="muted">Give one an access, and an agent can ask for what is in it, with a reason for each time.</p>
          <a class="button" href="/tokens">
            Tokens
          </a>
        </EmptyState>
      ) : (
        <div class="items">
          <Table caption={`Accesses to ${name}`} columns={columns} rows={rows} />
        </div>
      )}
    </Card>,
  );
}
