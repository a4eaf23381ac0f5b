/** Tokens in the wrong hands: each is frozen, and what it was given is a list until all of it is changed. */
import type { CompromisedShape, ExposedShape } from '../../core/rule-shapes.js';
import type { TokenShape } from '../../core/shapes.js';
import type { LogReport } from '../../gate/log-door.js';
import type { Reference } from '../../gate/named.js';
import type { ConsoleContext } from '../area.js';
import { ConfirmByName, Form, FormActions } from '../field.js';
import { done, Faults, readForm, refused } from '../form.js';
import { page } from '../page.js';
import { Badge, Card, EmptyState, Notice, TokenBadge } from '../part.js';
import { Table } from '../table.js';
import { Time } from '../time.js';

const PATH = '/safety/compromised';
const TOKENS = 200;
/** Of the report only what does not hang on the time is shown; the shortest makes the rest of it quick. */
const QUICK = '1h';

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}

function referenceOf(c: ConsoleContext): Reference {
  return { by: 'id', text: c.req.param('id') ?? '' };
}

/** The lists that are open, the tokens there are, and what ended ones were given. */
export async function showLeaks(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const lists = await door.listCompromised();
  const { data: tokens } = await door.listTokens({ all: false, agentsOnly: false, limit: TOKENS });
  const { read_by_ended: ended } = await door.report(QUICK);
  return page(
    c,
    {
      title: 'Compromised tokens',
      lead: 'A token that others may have is frozen at once. Then change what it was given.',
      parent: { href: '/safety', title: 'Safety' },
    },
    <>
      <Open lists={lists} />
      <Others tokens={tokens.filter(({ id }) => lists.every(({ token }) => token.id !== id))} now={c.get('now')} />
      <ReadByEnded ended={ended} now={c.get('now')} />
    </>,
  );
}

function Open({ lists }: { readonly lists: readonly CompromisedShape[] }) {
  return (
    <Card title="Still to change" flush>
      {lists.length === 0 ? (
        <EmptyState title="Nothing is to be changed.">
          <p class="muted">Tokens that may be in the wrong hands are chosen on this page.</p>
        </EmptyState>
      ) : (
        <Table<CompromisedShape>
          caption="Compromised tokens of which something is still to be changed"
          columns={[
            { title: 'Token', kind: 'main', cell: ({ token }) => <a href={pathOf(token.id)}>{token.name}</a> },
            { title: 'State', cell: (list) => <FrozenBadge list={list} /> },
            { title: 'Open', cell: ({ items }) => leftText(items) },
          ]}
          rows={lists}
        />
      )}
    </Card>
  );
}

function FrozenBadge({ list: { frozen } }: { readonly list: CompromisedShape }) {
  return frozen ? <Badge tone="bad">frozen</Badge> : <Badge tone="warn">ended, or not frozen</Badge>;
}

function leftText(items: readonly ExposedShape[]): string {
  return `${String(items.filter((item) => !item.done).length)} of ${String(items.length)}`;
}

interface OthersProps {
  readonly tokens: readonly TokenShape[];
  readonly now: number;
}

function Others({ tokens, now }: OthersProps) {
  if (tokens.length === 0) return null;
  return (
    <Card title="May a token be in the wrong hands?" flush>
      <Table<TokenShape>
        caption="Tokens"
        columns={[
          { title: 'Token', kind: 'main', cell: ({ name }) => name },
          { title: 'Status', cell: ({ status }) => <TokenBadge status={status} /> },
          { title: 'Last used', cell: (token) => <Time at={token.last_used_at} now={now} form="short" /> },
          {
            title: 'Action',
            cell: ({ id, name }) => (
              <a href={pathOf(id)}>
                It is compromised<span class="unseen"> {name}</span>
              </a>
            ),
          },
        ]}
        rows={tokens}
      />
    </Card>
  );
}

type Ended = LogReport['read_by_ended'][number];

function ReadByEnded({ ended, now }: { readonly ended: readonly Ended[]; readonly now: number }) {
  const rows = ended.flatMap(({ token, items }) => items.map((item) => ({ token, item })));
  if (rows.length === 0) return null;
  return (
    <Card title="Given to tokens that have ended" flush>
      <Table<(typeof rows)[number]>
        caption="What tokens that have ended were given"
        columns={[
          { title: 'Item', kind: 'main', cell: ({ item }) => item.title ?? item.id },
          { title: 'Token', cell: ({ token }) => <a href={pathOf(token.id)}>{token.name}</a> },
          { title: 'Last given', cell: ({ item }) => <Time at={item.last_at} now={now} /> },
        ]}
        rows={rows}
      />
    </Card>
  );
}

/** The open list of a token; or for one without, what asks for its name. */
export async function showLeak(c: ConsoleContext): Promise<Response> {
  const list = await openListOf(c);
  if (list !== undefined) return listPage(c, list);
  return confirmPage(c, { name: await nameOf(c), faults: new Faults() });
}

async function openListOf(c: ConsoleContext): Promise<CompromisedShape | undefined> {
  const lists = await c.get('door').listCompromised();
  return lists.find(({ token }) => token.id === c.req.param('id'));
}

/** Its name; of a token that has ended too. */
async function nameOf(c: ConsoleContext): Promise<string> {
  const { text } = referenceOf(c);
  const door = c.get('door');
  const { read_by_ended: ended } = await door.report(QUICK);
  const known = ended.find(({ token }) => token.id === text);
  return known?.token.name ?? (await door.findToken({ by: 'id', text })).name;
}

/** Freezes it and opens its list, if its name was typed. */
export async function compromise(c: ConsoleContext): Promise<Response> {
  const name = await nameOf(c);
  const faults = new Faults();
  if ((await readForm(c)).text('confirm') !== name.trim()) faults.add('confirm', `Type its name: ${name}`);
  if (!faults.areAny) {
    try {
      const { token, frozen, items } = await c.get('door').compromised(referenceOf(c), []);
      const state = frozen ? `${token.name} is frozen.` : `${token.name} has ended.`;
      return items.length === 0
        ? done(c, PATH, `${state} It was given no secret: there is nothing to change.`)
        : done(c, pathOf(token.id), `${state} Now change what it was given.`);
    } catch (error) {
      faults.take(error);
    }
  }
  return confirmPage(c, { name, faults });
}

/** Ticks off what was changed. A list that is not open stays so: the token would be frozen again. */
export async function tick(c: ConsoleContext): Promise<Response> {
  const list = await openListOf(c);
  if (list === undefined) return done(c, PATH, 'All of it was changed before.');
  const path = pathOf(list.token.id);
  const changed = (await readForm(c)).all('changed');
  if (changed.length === 0) return done(c, path, 'Nothing was chosen, so nothing was ticked off.');
  try {
    const { open, items } = await c.get('door').compromised(referenceOf(c), changed);
    if (open) return done(c, path, `Ticked off. ${leftText(items)} are still to be changed.`);
    return done(c, PATH, `All that ${list.token.name} was given is changed. The list is closed.`);
  } catch (error) {
    return refused(c, path, error);
  }
}

interface ConfirmPage {
  readonly name: string;
  readonly faults: Faults;
}

async function confirmPage(c: ConsoleContext, { name, faults }: ConfirmPage): Promise<Response> {
  return page(
    c,
    {
      title: `Is ${name} compromised?`,
      parent: { href: PATH, title: 'Compromised tokens' },
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <>
      <Notice kind="warn" title="It is refused everything at once, if it still works.">
        <p>You get a list of every secret that it was given, and where to change each. It can be unfrozen later.</p>
      </Notice>
      <ConfirmByName
        csrf={c.get('csrf')}
        action={pathOf(referenceOf(c).text)}
        faults={faults}
        confirm={name}
        submit="Freeze it and show what it was given"
        cancel={PATH}
      />
    </>,
  );
}

async function listPage(c: ConsoleContext, list: CompromisedShape): Promise<Response> {
  const { token, items, frozen } = list;
  return page(
    c,
    {
      title: `What ${token.name} was given`,
      lead: `The most dangerous first. ${leftText(items)} are still to be changed.`,
      parent: { href: PATH, title: 'Compromised tokens' },
      styles: ['safety.css'],
    },
    <>
      {frozen ? null : <Notice kind="warn" title="It has ended, or you let it work again." />}
      <Form csrf={c.get('csrf')} action={`${pathOf(token.id)}/changed`} class="leak">
        <Card title="Change each at its service, then tick it off" flush>
          <Table<ExposedShape>
            caption={`What ${token.name} was given, the most dangerous first`}
            columns={[
              { title: 'Item', kind: 'main', cell: (item) => <Tick item={item} /> },
              { title: 'How', cell: ({ how }) => (how === 'shown' ? 'it saw the secret' : 'it used it unseen') },
              { title: 'Last given', cell: (item) => <Time at={item.last_at} now={c.get('now')} form="short" /> },
              { title: 'Change it at', kind: 'wide', cell: ({ url }) => <Site url={url} /> },
            ]}
            rows={items}
          />
        </Card>
        <FormActions submit="These are changed" cancel={PATH} />
      </Form>
      {frozen ? (
        <p>
          When all is changed, <a href={`/tokens/${token.id}/delete`}>delete the token</a>: that changes the keys that
          it held.
        </p>
      ) : null}
    </>,
  );
}

function Tick({ item: { id, title, type, done: isDone } }: { readonly item: ExposedShape }) {
  const name = title ?? `${type ?? 'item'} ${id}, deleted`;
  if (isDone)
    return (
      <>
        {name} <Badge tone="good">changed</Badge>
      </>
    );
  return (
    <label class="tick">
      <input type="checkbox" name="changed" value={id} /> <span>{name}</span>
    </label>
  );
}

/** The address as text; a link only where it leads to a site, since tokens may have written it. */
function Site({ url }: { readonly url: string | null }) {
  if (url === null) return <span class="muted">the item does not say where</span>;
  return isSite(url) ? (
    <a href={url} rel="noopener noreferrer">
      {url}
    </a>
  ) : (
    <>{url}</>
  );
}

function isSite(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
