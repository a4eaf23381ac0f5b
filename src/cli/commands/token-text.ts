/** What is printed about tokens and grants: the exact forms of the contract. */
import { formatExpiry } from '../../core/expiry.js';
import type { GrantShape, NewTokenShape, TokenShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { Ended } from '../../gate/door.js';
import { localZone } from '../locale.js';
import type { Output } from '../output.js';
import type { Column } from '../table.js';
import { limitsText } from './limit-flags.js';
import { shellWord } from './naming.js';

/** What a text about times and tables has to know of the output. */
export type Page = Pick<Output, 'local' | 'table' | 'width' | 'isTerminal'>;

/** Below these widths a table of tokens shows days in place of times, and then ids under the rows: they are long. */
const WIDE = 145;
const MEDIUM = 110;

/** A moment as people read it, `2026-06-01 00:00 (UTC)`, or with `--local` in their own zone; `never` for null. */
export function expiryText(iso: string | null, isLocal: boolean): string {
  return formatExpiry(iso === null ? null : Date.parse(iso), isLocal ? localZone() : 'UTC');
}

/** One token a line: `- [ID]: NAME (expires: 2026-06-01)`. */
export function briefText(tokens: readonly TokenShape[], isLocal: boolean): string {
  return tokens
    .map(({ id, name, expires_at: end }) => `- [${id}]: ${escapeText(name)} (expires: ${dayText(end, isLocal)})`)
    .join('\n');
}

function dayText(iso: string | null, isLocal: boolean): string {
  return expiryText(iso, isLocal).split(' ', 1)[0] ?? '';
}

const TOKEN_COLUMNS: readonly Column[] = [
  { key: 'id', title: 'id', whole: true },
  { key: 'name', title: 'name' },
  { key: 'status', title: 'status', whole: true, style: statusStyle },
  { key: 'created', title: 'created', whole: true },
  { key: 'expires', title: 'expires', whole: true },
  { key: 'used', title: 'last used', whole: true },
  { key: 'scopes', title: 'scopes' },
];

function statusStyle(row: object): 'yellow' | undefined {
  return Reflect.get(row, 'status') === 'active' ? undefined : 'yellow';
}

/** A mark for each of the last days, by the id of the token. */
export type Trends = ReadonlyMap<string, string>;

const TREND: Column = { key: 'trend', title: '30 days', whole: true };

/** The table of tokens, perhaps with a trend of each; a token without scopes is limited by its roles alone. */
export function tokenTable(tokens: readonly TokenShape[], page: Page, trends?: Trends): string {
  const width = page.isTerminal ? page.width : Infinity;
  const when = (iso: string | null): string => {
    if (iso === null) return 'Never';
    return width < WIDE ? dayText(iso, page.local) : expiryText(iso, page.local).replace(/ \(.*\)$/, '');
  };
  const rows = tokens.map((token) => ({
    ...token,
    created: when(token.created_at),
    expires: when(token.expires_at),
    used: when(token.last_used_at),
    trend: trends?.get(token.id),
    scopes: token.scopes.length === 0 ? '(by role)' : token.scopes,
  }));
  const known = trends === undefined ? TOKEN_COLUMNS : TOKEN_COLUMNS.toSpliced(-1, 0, TREND);
  if (width >= MEDIUM) return page.table(known, rows);
  const columns = known.filter(({ key }) => key !== 'id');
  return page.table(columns, rows, (row) => String(Reflect.get(row, 'id')));
}

/** What a token reaches, one grant a line, under a line that says so. */
export function accessText(grants: readonly GrantShape[], isLocal: boolean): string {
  const lines = grants.map((grant) => `- ${grantText(grant, isLocal)}`);
  return ['Personal access token access grants:', '', ...(lines.length === 0 ? ['(none)'] : lines)].join('\n');
}

/** `[VAULT_ID] Production | Type=Vault | Role=Viewer | Expires: 2026-06-01 00:00 (UTC)`, and limits if there are any. */
export function grantText(grant: GrantShape, isLocal: boolean): string {
  const name = escapeText(grant.item?.title ?? grant.vault.name);
  const expires = expiryText(grant.expires_at, isLocal);
  const limits = limitsText(grant.limits, grant.left);
  const parts = [`Type=${capital(grant.type)}`, `Role=${capital(grant.role)}`, `Expires: ${expires}`];
  const more = limits === '' ? [] : [`Limits: ${limits}`];
  return [`[${grant.vault.id}] ${name}`, ...parts, ...more].join(' | ');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `vault Production (viewer)` or `item DB password in vault Production (viewer)`. */
export function reachText({ vault, item, role }: GrantShape): string {
  const where = `vault ${escapeText(vault.name)}`;
  return `${item === undefined ? where : `item ${escapeText(item.title)} in ${where}`} (${role})`;
}

/** The lines on stderr beside a token that is printed once. */
export function newTokenNotes(token: NewTokenShape, isLocal: boolean): readonly string[] {
  const reaches = token.grants.map(reachText).join(', ');
  return [
    `Token ${token.id} (${escapeText(token.name)}), expires ${expiryText(token.expires_at, isLocal)}.`,
    reaches === '' ? 'It has no access yet.' : `It reaches: ${reaches}.`,
    'This is the only time that it is shown: keep it where only its user can read it.',
    `Next: ${nextAfterCreate(token)}`,
  ];
}

function nextAfterCreate({ name, agent, grants }: NewTokenShape): string {
  const word = shellWord(escapeText(name));
  const noun = agent ? 'agent' : 'pat';
  if (grants.length === 0) return `vouchsafe ${noun} access grant --pat-name ${word} --vault-name VAULT --role viewer`;
  return agent ? `vouchsafe agent instructions ${word}` : `set the variable where it is used, and run vouchsafe login`;
}

/** What ending a token or grants did, and what is left to do at the services. `first` says what was ended. */
export function endedText(first: string, ended: Ended, isLocal: boolean): string {
  const rotated = ended.rotated.map(({ vault, items }) => `- ${escapeText(vault)} (items: ${String(items)})`);
  const read = ended.read.map(({ id, title }) => `- [${id}] ${title === null ? '(unknown)' : escapeText(title)}`);
  return [
    first,
    ...block(
      'Ended access:',
      ended.ended.map((grant) => `- ${grantText(grant, isLocal)}`),
    ),
    ...block('It has read these. Change them at the service:', read),
    ...block('Keys changed in:', rotated),
    ...block(
      'Left as they were, since they could not be verified:',
      ended.skipped.map((id) => `- ${escapeText(id)}`),
    ),
    ...(read.length === 0 ? ['It has read no secret.'] : []),
  ].join('\n');
}

function block(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}
