/** What agents ask for: the requests that wait, each with its card, and those that are decided. */
import type { InboxCardShape, InboxRequestShape } from '../../core/inbox-shapes.js';
import type { Area, ConsoleContext } from '../area.js';
import { Form } from '../field.js';
import { page } from '../page.js';
import { Card, EmptyState, Notice } from '../part.js';
import { Table } from '../table.js';
import { Time } from '../time.js';
import { askedLine, asksLine, Before, RequestFacts, StateBadge } from './card.js';
import { approve, deny, showRequest } from './decision.js';
import { leastTerms } from './terms.js';

/** At `/inbox`. */
export const inbox: Area = {
  path: '/inbox',
  title: 'Inbox',
  key: 'i',
  countsRequests: true,
  register: (app) => {
    app.get('/inbox', showWaiting);
    app.get('/inbox/waiting', tellWaiting);
    app.get('/inbox/decided', showDecided);
    app.get('/inbox/:id', showRequest);
    app.post('/inbox/:id/approve', approve);
    app.post('/inbox/:id/deny', deny);
  },
};

/** How many requests have their whole card on one page. */
const CARDS = 10;
const DECIDED = 100;
const ASSETS = { styles: ['inbox.css'], scripts: ['inbox.js'] };

async function showWaiting(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const now = c.get('now');
  const waiting = await door.listRequests({ all: false });
  const cards: InboxCardShape[] = [];
  for (const { id } of waiting.slice(0, CARDS)) cards.push(await door.showRequest(id));
  return page(
    c,
    {
      title: 'Inbox',
      lead: 'What agents ask for. They wait for your answer, and are told it.',
      ...ASSETS,
      actions: <Actions />,
    },
    <>
      <News newest={waiting[0]?.id ?? ''} />
      {waiting.length === 0 ? <NothingWaits /> : <Keys />}
      {cards.map((card) => (
        <Waiting card={card} now={now} csrf={c.get('csrf')} />
      ))}
      {waiting.length > CARDS ? (
        <Notice kind="warn" title={`${String(waiting.length - CARDS)} more wait.`}>
          <p>They are shown when those above are decided.</p>
        </Notice>
      ) : null}
    </>,
  );
}

/** For the script: what has come since the page was made. Nothing of a request is in it. */
async function tellWaiting(c: ConsoleContext): Promise<Response> {
  const waiting = await c.get('door').listRequests({ all: false });
  return c.json({ requests: waiting.length, newest: waiting[0]?.id ?? '' });
}

/** The button is the script's: it stays away where the browser tells nobody of anything. */
function Actions() {
  return (
    <>
      <button type="button" class="button" id="inbox-notify" hidden>
        Notify me on this desktop
      </button>
      <a class="button" href="/inbox/decided">
        Decided requests
      </a>
    </>
  );
}

/** Shown by the script: that there is something new. */
function News({ newest }: { readonly newest: string }) {
  return (
    <p role="status" id="inbox-news" data-newest={newest} hidden>
      <a href="/inbox">A new request waits: show it.</a>
    </p>
  );
}

function Keys() {
  return (
    <p class="hint key-hint">
      <kbd>j</kbd> <kbd>k</kbd> next and previous, <kbd>a</kbd> approve, <kbd>d</kbd> deny
    </p>
  );
}

function NothingWaits() {
  return (
    <Card title="Waiting" flush>
      <EmptyState title="No agent asks for anything.">
        <p class="muted">
          When an agent needs access that it does not have, or uses a secret that you want to approve each time, its
          request stands here with its reason, and the agent waits for your word.
        </p>
      </EmptyState>
    </Card>
  );
}

interface WaitingProps {
  readonly card: InboxCardShape;
  readonly now: number;
  readonly csrf: string;
}

function Waiting({ card, now, csrf }: WaitingProps) {
  const { id, token } = card;
  return (
    <article class="card request" aria-labelledby={`request-${id}`} tabindex={-1} data-request>
      <div class="card-head">
        <h2 id={`request-${id}`}>
          {token.name} {asksLine(card)}
        </h2>
        <span class="muted">
          ends <Time at={card.expires_at} now={now} form="short" />
        </span>
      </div>
      <RequestFacts card={card} now={now} />
      <Before card={card} now={now} />
      <Answers card={card} csrf={csrf} />
    </article>
  );
}

function Answers({ card, csrf }: Pick<WaitingProps, 'card' | 'csrf'>) {
  const { id } = card;
  const least = leastTerms(card);
  const isClear = card.kind === 'use' || card.means.vault !== null;
  return (
    <div class="form-actions">
      {isClear ? (
        <Form csrf={csrf} action={`/inbox/${id}/approve`} class="quick">
          {least.names.map((name) => (
            <input type="hidden" name={name} value={least.text(name)} />
          ))}
          <button class="button primary" type="submit" data-approve>
            {card.kind === 'use' ? 'Approve once' : `Approve ${least.text('role')} for ${least.text('expiration')}`}
          </button>
        </Form>
      ) : null}
      <a class="button" href={`/inbox/${id}#approve`} data-terms>
        {isClear ? 'Approve otherwise…' : 'Choose and approve…'}
      </a>
      <a class="button danger" href={`/inbox/${id}#field-because`} data-deny>
        Deny…
      </a>
    </div>
  );
}

async function showDecided(c: ConsoleContext): Promise<Response> {
  const all = await c.get('door').listRequests({ all: true });
  const past = all.filter(({ state }) => state !== 'pending').slice(0, DECIDED);
  const now = c.get('now');
  return page(
    c,
    { title: 'Decided requests', ...ASSETS, parent: { href: '/inbox', title: 'Inbox' } },
    <Card title="Decided and expired" flush>
      {past.length === 0 ? (
        <EmptyState title="Nothing was decided yet.">
          <p class="muted">What you approve and deny stands here, and what nobody decided in time.</p>
        </EmptyState>
      ) : (
        <Table<InboxRequestShape>
          caption="Requests that are decided or expired, newest first"
          columns={[
            { title: 'Asked', cell: ({ at }) => <Time at={at} now={now} form="short" /> },
            { title: 'Who', kind: 'main', cell: ({ id, token }) => <a href={`/inbox/${id}`}>{token.name}</a> },
            { title: 'What', cell: (request) => askedLine(request) },
            { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
            {
              title: 'Your words',
              kind: 'wide',
              cell: ({ because }) => (because === undefined ? '–' : <q>{because}</q>),
            },
          ]}
          rows={past}
        />
      )}
    </Card>,
  );
}
