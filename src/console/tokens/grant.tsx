/** Grants as people read them. */
import type { Child } from 'hono/jsx';
import type { LimitsShape } from '../../core/limits.js';
import type { GrantShape } from '../../core/shapes.js';
import { Badge } from '../part.js';
import { type Column, Table } from '../table.js';
import { Time } from '../time.js';

/** The place of a grant in one line of text. */
export function placeText({ vault, item }: GrantShape): string {
  return item === undefined ? vault.name : `${item.title} in ${vault.name}`;
}

/** The limits of a grant in words, one text each, with what is left; empty where nothing is limited. */
export function limitTexts({ limits, left }: Pick<GrantShape, 'limits' | 'left'>): readonly string[] {
  const rest = (number: number | undefined): string => (number === undefined ? '' : `, ${String(number)} left`);
  const texts: readonly (string | undefined)[] = [
    limits.max_uses === undefined ? undefined : `${String(limits.max_uses)} uses in all${rest(left.uses)}`,
    limits.rate === undefined ? undefined : `calls ${limits.rate}${rest(left.calls)}`,
    limits.distinct_items === undefined ? undefined : `items ${limits.distinct_items}${rest(left.items)}`,
    ...openingTexts(limits),
    ...namedTexts(limits),
  ];
  return texts.filter((text) => text !== undefined);
}

function openingTexts({ hours, days, tz }: LimitsShape): readonly string[] {
  const open = [hours, days, tz].filter((part) => part !== undefined);
  return open.length === 0 ? [] : [`open ${open.join(' ')}`];
}

function namedTexts({ fields, reveal, cidr, client, unknown }: LimitsShape): readonly (string | undefined)[] {
  return [
    fields && `only the fields ${fields.join(', ')}`,
    reveal && (reveal === 'never' ? 'secrets are never shown' : 'you approve each secret that is shown'),
    cidr && `from ${cidr.join(', ')}`,
    client && `only for ${client.join(', ')}`,
    unknown && 'limits that this version does not know, so it gives nothing',
  ];
}

interface GrantsProps {
  readonly caption: string;
  readonly grants: readonly GrantShape[];
  readonly now: number;
  /** What can be done with each. */
  readonly action?: (grant: GrantShape) => Child;
}

/** What a token reaches, one row a grant. */
export function GrantTable({ caption, grants, now, action }: GrantsProps) {
  const columns: readonly Column<GrantShape>[] = [
    { title: 'Reaches', kind: 'main', cell: (grant) => <GrantPlace grant={grant} /> },
    { title: 'Role', cell: ({ role }) => role },
    { title: 'Ends', cell: ({ expires_at: at }) => <Time at={at} now={now} form="short" /> },
    { title: 'Limits', kind: 'wide', cell: (grant) => <Limits grant={grant} /> },
    ...(action === undefined ? [] : [{ title: 'Action', cell: action }]),
  ];
  return <Table caption={caption} columns={columns} rows={grants} />;
}

function GrantPlace({ grant: { vault, item } }: { readonly grant: GrantShape }) {
  return item === undefined ? (
    <>
      {vault.name} <Badge>vault</Badge>
    </>
  ) : (
    <>
      {item.title} <span class="muted">in {vault.name}</span> <Badge>item</Badge>
    </>
  );
}

function Limits({ grant }: { readonly grant: GrantShape }) {
  const texts = limitTexts(grant);
  return (
    <>
      {texts.length === 0 ? <span class="muted">none</span> : texts.join(' · ')}
      {grant.purpose === undefined ? null : <p class="hint">{grant.purpose}</p>}
    </>
  );
}
