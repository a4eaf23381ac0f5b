/**
 * What a token reaches, to be read as resources: no secret, and nothing of an item but its id. Each request is one call
 * of `whoami`, and so one entry.
 */
import type {
  ListResourcesResult,
  ListResourceTemplatesResult,
  ReadResourceResult,
  Resource,
} from '@modelcontextprotocol/server';
import { foldName } from '../core/text.js';
import type { Answer } from '../gate/call.js';
import type { Asked } from './asked.js';
import { vaultsIn, type KnownVault } from './known-grants.js';
import { invalidParams, noResource, refusalError } from './protocol-error.js';

const GRANTS_URI = 'vouchsafe-safe:///grants';
const VAULT_URI = 'vouchsafe-safe:///vaults/';
const MIME_TYPE = 'application/json';

/** The one template; its `vault` is an id or a name. */
export const VAULT_TEMPLATE = `${VAULT_URI}{vault}`;

const LISTED_AT_ONCE = 100;
/** Of about 300 characters each, so that no result is longer than a client takes. */
const GRANTS_AT_MOST = 100;

const GRANTS: Resource = {
  uri: GRANTS_URI,
  name: 'grants',
  title: 'What this token may reach',
  description: 'The token, its vaults and its grants, with what is left of them. No secrets and no titles of items.',
  mimeType: MIME_TYPE,
};

const VAULT_DESCRIPTION = 'What this token may do in one vault. No secrets and no titles of items.';

const TEMPLATE = {
  uriTemplate: VAULT_TEMPLATE,
  name: 'vault',
  title: 'What this token may do in a vault',
  description: `${VAULT_DESCRIPTION} "vault" is an id or a name.`,
  mimeType: MIME_TYPE,
};

const NEXT_GRANTS = 'Call list_vaults, list_vault or search_items with a reason to find an item, then get_item.';
const NEXT_WHOLE = 'Call list_vault with this vault and a reason to see its items.';
const NEXT_ITEMS = 'Only single items of it are granted: call search_items with a reason to see them.';

/** `resources/templates/list`: static. */
export function listResourceTemplates(): ListResourceTemplatesResult {
  return { resourceTemplates: [TEMPLATE] };
}

/** `resources/list`: the grants, and a resource for each vault that is granted; only the grants where there is a refusal. */
export async function listResources({ params, ask }: Asked): Promise<ListResourcesResult> {
  const after = cursorIn(params['cursor']);
  const answer = await ask('whoami', {});
  const _meta = answer.receipt === null ? {} : { receipt: answer.receipt };
  if (!answer.ok) return { resources: [GRANTS], _meta };
  const rest = vaultsIn(answer).filter(({ id }) => after === null || id > after);
  const shown = rest.slice(0, LISTED_AT_ONCE);
  const last = shown.at(-1);
  return {
    resources: [...(after === null ? [GRANTS] : []), ...shown.map(listedVault)],
    ...(last !== undefined && shown.length < rest.length ? { nextCursor: last.id } : {}),
    _meta,
  };
}

/** A cursor is the id of the last vault that was listed. */
function cursorIn(value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && /^[0-9a-z]{1,64}$/.test(value)) return value;
  throw invalidParams('Send nextCursor as it came, or leave cursor out.');
}

function listedVault({ id, name }: KnownVault): Resource {
  return { uri: `${VAULT_URI}${id}`, name: name ?? id, description: VAULT_DESCRIPTION, mimeType: MIME_TYPE };
}

/** `resources/read`. Throws an error of the protocol for what was refused, and the same for what is not or not granted. */
export async function readResource({ params, ask }: Asked): Promise<ReadResourceResult> {
  const { uri } = params;
  if (typeof uri !== 'string') throw invalidParams('Send uri: one of those in resources/list.');
  const vault = uri === GRANTS_URI ? null : vaultTextIn(uri);
  const answer = await ask('whoami', {});
  if (!answer.ok) throw refusalError(answer.error);
  const facts = vault === null ? grantsOf(answer) : vaultOf(vaultNamed(vaultsIn(answer), vault));
  const text = JSON.stringify({ ...facts, receipt: answer.receipt });
  return { contents: [{ uri, mimeType: MIME_TYPE, text }] };
}

function vaultTextIn(uri: string): string {
  if (!uri.startsWith(VAULT_URI)) throw noResource();
  try {
    return decodeURIComponent(uri.slice(VAULT_URI.length));
  } catch {
    throw noResource();
  }
}

/** By id or by name, as everywhere; an id wins. */
function vaultNamed(vaults: readonly KnownVault[], text: string): KnownVault {
  const wanted = foldName(text.trim());
  const byName = vaults.filter(({ name }) => name !== null && foldName(name) === wanted);
  const found = vaults.find(({ id }) => id === text) ?? (byName.length === 1 ? byName[0] : undefined);
  if (found === undefined) throw noResource();
  return found;
}

function grantsOf(answer: Answer & { ok: true }): object {
  const { token, warning } = answer.result;
  const grants = vaultsIn(answer).flatMap(({ id, name, grants: rows }) =>
    rows.map((row) => ({ ...row, vault: { id, name } })),
  );
  return { token, ...(warning === undefined ? {} : { warning }), ...cut(grants), next: NEXT_GRANTS };
}

function vaultOf({ id, name, grants }: KnownVault): object {
  const isWhole = grants.some((grant) => grant['type'] === 'vault');
  return { id, name, ...cut(grants), next: isWhole ? NEXT_WHOLE : NEXT_ITEMS };
}

function cut(grants: readonly object[]): object {
  const rest = grants.length - GRANTS_AT_MOST;
  return { grants: grants.slice(0, GRANTS_AT_MOST), ...(rest > 0 ? { grants_left_out: rest } : {}) };
}
