/** What would be left of a token's grants, in words, and the effect of it. */
import { createHash } from 'node:crypto';
import type { TightenedShape, TighteningShape } from '../../core/shapes.js';
import { Badge, Card, EmptyState, type Tone } from '../part.js';
import { Table } from '../table.js';
import { limitTexts, placeText } from '../tokens/grant.js';

const CHANGES: Readonly<Record<TightenedShape['change'], readonly [words: string, tone: Tone]>> = {
  keep: ['keep it', 'good'],
  end: ['end it', 'bad'],
  narrow: ['narrow it', 'warn'],
  split: ['only these items', 'warn'],
};

/** Whether anything would be less than now. */
export function isLess({ grants }: TighteningShape): boolean {
  return grants.some(({ change }) => change !== 'keep');
}

/** The same for two proposals that would leave the same. */
export function digestOf({ token, grants }: TighteningShape): string {
  const plan = grants.map(({ grant, change, to }) => [grant.grant_id, change, to ?? null]);
  return createHash('sha256')
    .update(JSON.stringify([token.id, plan]))
    .digest('base64url');
}

/** Each grant with what the log says of it, and what it would become. */
export function Proposal({ least: { token, grants } }: { readonly least: TighteningShape }) {
  return (
    <Card title="Its grants" flush>
      {grants.length === 0 ? (
        <EmptyState title="It reaches nothing.">
          <p class="muted">There is nothing to narrow.</p>
        </EmptyState>
      ) : (
        <Table<TightenedShape>
          caption={`What ${token.name} would be left with`}
          columns={[
            { title: 'Reaches', kind: 'main', cell: ({ grant }) => `${placeText(grant)} (${grant.role})` },
            { title: 'Used', cell: usedText },
            { title: 'Change', cell: ({ change }) => <Badge tone={CHANGES[change][1]}>{CHANGES[change][0]}</Badge> },
            { title: 'Effect', kind: 'wide', cell: (row) => <Effect {...row} /> },
          ]}
          rows={grants}
        />
      )}
    </Card>
  );
}

function usedText({ used: { calls, uses } }: TightenedShape): string {
  return `${counted(calls, 'call')}, ${counted(uses, 'secret')} given`;
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

function Effect({ grant, why, to }: TightenedShape) {
  const limits = to === undefined ? [] : limitTexts({ limits: to.limits, left: {} });
  const role = to === undefined || to.role === grant.role ? [] : [`role ${to.role}`];
  const less = [...role, ...limits];
  return (
    <>
      <p>{why}</p>
      {less.length === 0 ? null : <p>Then: {less.join(' · ')}</p>}
      {to?.items === undefined ? null : <p>Items: {to.items.map(({ id, title }) => title ?? id).join(', ')}</p>}
    </>
  );
}
