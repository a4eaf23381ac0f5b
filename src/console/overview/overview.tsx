/** The first page: what wants the owner's attention, and what happened last. */
import type { Child } from 'hono/jsx';
import { Refusal } from '../../core/refusal.js';
import type { EntryShape, TokenShape } from '../../core/shapes.js';
import type { OwnerDoor, OwnerStanding } from '../../gate/door.js';
import type { Area, ConsoleContext } from '../area.js';
import type { Verified } from '../browser.js';
import { EntryTable } from '../entry.js';
import { page } from '../page.js';
import { Badge, Card, Command, EmptyState, Facts, Notice, TokenBadge } from '../part.js';
import { Table } from '../table.js';
import { relativeTime, Time } from '../time.js';

/** At `/`. */
export const overview: Area = {
  path: '/',
  title: 'Overview',
  key: 'o',
  register: (app) => app.get('/', show),
};

interface Seen {
  readonly info: OwnerStanding;
  readonly verified: Verified | null;
  /** Whether anything was ever put into it. */
  readonly isFurnished: boolean;
  readonly accesses: readonly EntryShape[];
  readonly now: number;
  /** Whether there is a page at that path. */
  readonly has: (path: string) => boolean;
}

const ACCESSES = 10;

async function show(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const { areas } = c.get('site');
  const info = await door.standing();
  const seen: Seen = {
    info,
    verified: c.get('browser').verified,
    // asked only where it is shown: in a long log it takes its time
    isFurnished: info.tokens === 0 && (await isFurnished(door)),
    accesses: await lastAccesses(door),
    now: c.get('now'),
    has: (path) => areas.some((area) => area.path === path),
  };
  return page(
    c,
    { title: 'Overview' },
    <>
      <Alarms {...seen} />
      <Figures {...seen} />
      {seen.info.tokens === 0 ? <FirstSteps {...seen} /> : null}
      <Ending {...seen} />
      <Accesses {...seen} />
    </>,
  );
}

async function isFurnished(door: OwnerDoor): Promise<boolean> {
  return (await door.listEntries({ query: 'action:item.create outcome:granted', limit: 1 })).data.length > 0;
}

/** What tokens did: the owner's own entries are no news to the owner. */
async function lastAccesses(door: OwnerDoor): Promise<readonly EntryShape[]> {
  try {
    return (await door.listEntries({ query: 'agent:*', limit: ACCESSES })).data;
  } catch (error) {
    // where there never was a token, nothing is called so
    if (error instanceof Refusal && error.code === 'not_found') return [];
    throw error;
  }
}

/** What must be read first, the worst before the rest. */
function Alarms({ info, has }: Seen) {
  const { lockdown, compromised, bypasses } = info;
  return (
    <>
      {lockdown ? (
        <Notice kind="bad" title="Lockdown: every token is refused everything.">
          {has('/safety') ? (
            <p>
              <a href="/safety/lockdown">Lift the lockdown</a>
            </p>
          ) : (
            <Command line="vouchsafe lockdown lift" />
          )}
        </Notice>
      ) : null}
      {compromised.length === 0 ? null : (
        <Notice kind="bad" title={`Compromised: ${compromised.join(', ')}.`}>
          <p>
            Secrets that it was given are still to be changed at their services.{' '}
            {has('/safety') ? <a href="/safety/compromised">What is still to be changed</a> : null}
          </p>
        </Notice>
      )}
      {bypasses.map(({ token, until }) => (
        <Notice kind="warn" title={`${token.name} needs no approval now.`}>
          <p>{until === null ? '' : `Until ${until.slice(11, 16)} UTC.`}</p>
        </Notice>
      ))}
    </>
  );
}

function Figures({ info, verified, now, has }: Seen) {
  const { requests, tokens, vaults, entries } = info;
  const href = (path: string): string | null => (has(path) ? path : null);
  return (
    <ul class="figures" aria-label="At a glance">
      <Figure
        href={href('/inbox')}
        value={requests}
        title={requests === 1 ? 'request waits' : 'requests wait'}
        tone={requests > 0 ? 'warn' : 'plain'}
      />
      <Figure href={href('/tokens')} value={tokens} title={tokens === 1 ? 'token' : 'tokens'} />
      <Figure href={href('/vaults')} value={vaults} title={vaults === 1 ? 'vault' : 'vaults'} />
      <Figure href={href('/activity')} value={entries} title={entries === 1 ? 'entry' : 'entries'}>
        {verified === null ? null : <Badge tone="good">verified {relativeTime(verified.at, now)}</Badge>}
      </Figure>
    </ul>
  );
}

interface FigureProps {
  readonly href: string | null;
  readonly value: number;
  readonly title: string;
  readonly tone?: 'plain' | 'warn';
  readonly children?: Child;
}

function Figure({ href, value, title, tone = 'plain', children }: FigureProps) {
  return (
    <li class={`figure ${tone}`}>
      <span class="figure-value">{value.toLocaleString('en')}</span>
      <span class="figure-title">{href === null ? title : <a href={href}>{title}</a>}</span>
      {children}
    </li>
  );
}

/** For a safe that no agent uses yet. */
function FirstSteps({ info, isFurnished, has }: Seen) {
  return (
    <Card title="What to do first">
      <ol class="steps">
        <Step title="Put a credential in" isDone={isFurnished} href={has('/vaults') ? '/vaults' : null}>
          A vault holds what belongs together, such as all that one agent needs.
        </Step>
        <Step title="Make a token for an agent" isDone={info.tokens > 0} href={has('/tokens') ? '/tokens/new' : null}>
          It opens only the vaults and items that you choose, until the day that you choose.
        </Step>
        <Step title="Give the agent its instructions" isDone={false} href={null}>
          They are shown with the token. From then on every access, with its reason, is in the log.
        </Step>
      </ol>
      {has('/tokens') ? null : (
        <>
          <p>In a terminal:</p>
          <Command line="vouchsafe agent create deploy-bot --vault Personal" />
        </>
      )}
    </Card>
  );
}

interface StepProps {
  readonly title: string;
  readonly isDone: boolean;
  readonly href: string | null;
  readonly children: Child;
}

function Step({ title, isDone, href, children }: StepProps) {
  return (
    <li class={isDone ? 'done' : undefined}>
      <p class="step-title">
        {href === null || isDone ? title : <a href={href}>{title}</a>} {isDone ? <Badge tone="good">done</Badge> : null}
      </p>
      <p class="muted">{children}</p>
    </li>
  );
}

function Ending({ info, now, has }: Seen) {
  if (info.ending.length === 0) return null;
  return (
    <Card title="Ending within 7 days" flush>
      <Table<TokenShape>
        caption="Tokens that end within 7 days"
        columns={[
          {
            title: 'Token',
            kind: 'main',
            cell: ({ id, name }) => (has('/tokens') ? <a href={`/tokens/${id}`}>{name}</a> : name),
          },
          { title: 'Status', cell: ({ status }) => <TokenBadge status={status} /> },
          { title: 'Ends', cell: (token) => <Time at={token.expires_at} now={now} /> },
          { title: 'Last used', cell: (token) => <Time at={token.last_used_at} now={now} form="short" /> },
        ]}
        rows={info.ending}
      />
    </Card>
  );
}

function Accesses({ accesses, now, has, info }: Seen) {
  const all = has('/activity') ? <a href="/activity">All activity</a> : undefined;
  return (
    <>
      <Card title="Last accesses" flush actions={all}>
        {accesses.length === 0 ? (
          <EmptyState title="No token has asked for anything yet.">
            <p class="muted">Each access and each refusal will stand here, with the reason that was given.</p>
          </EmptyState>
        ) : (
          <EntryTable caption="The last accesses of tokens, newest first" entries={accesses} now={now} />
        )}
      </Card>
      <Card title="This safe">
        <Facts
          rows={[
            ['Fingerprint', <code>{info.fingerprint}</code>],
            ['Safe', <code>{info.safeId}</code>],
          ]}
        />
      </Card>
    </>
  );
}
