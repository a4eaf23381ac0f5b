/** Items as a table, with what narrows it and the ways to its further pages. */
import { holdsWords, searchText, searchWords } from '../../core/matches.js';
import { ITEM_TYPES } from '../../core/model.js';
import type { ItemSummaryShape } from '../../core/shapes.js';
import { type Choice, Field, Select } from '../field.js';
import type { Sent } from '../form.js';
import { Icon } from '../icon.js';
import { Badge } from '../part.js';
import { type Column, Table } from '../table.js';
import { Time } from '../time.js';
import { TYPES } from './naming.js';
import { itemPath, vaultPath } from './place.js';

const PAGE_LENGTH = 50;

/** What narrows a list of items, as the address says it. */
export interface ItemQuery {
  readonly q: string;
  /** One of the types; empty for all. */
  readonly type: string;
  readonly trash: boolean;
  /** From 1. */
  readonly page: number;
}

/** Reads the query of an address; what is not understood is left out. */
export function readItemQuery(sent: Sent): ItemQuery {
  const type = sent.text('type');
  const page = Number(sent.text('page'));
  return {
    q: sent.text('q'),
    type: ITEM_TYPES.some((one) => one === type) ? type : '',
    trash: sent.text('trash') === 'on',
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** The address of a list with that query. */
export function queryPath(path: string, { q, type, trash, page }: Partial<ItemQuery>): string {
  const facts = new URLSearchParams({
    ...(q && { q }),
    ...(type && { type }),
    ...(trash === true && { trash: 'on' }),
    ...(page !== undefined && page > 1 && { page: String(page) }),
  });
  return facts.size === 0 ? path : `${path}?${facts.toString()}`;
}

/** Those of the items that hold every word of the query. */
export function itemsWith(items: readonly ItemSummaryShape[], q: string): readonly ItemSummaryShape[] {
  const words = searchWords(q);
  return words.length === 0 ? items : items.filter((item) => holdsWords(textOf(item), words));
}

function textOf({ type, title, username, urls, tags }: ItemSummaryShape): string {
  return searchText({ type, title, username, urls, tags, fieldNames: [] });
}

const TYPE_CHOICES: readonly Choice[] = [
  ['', 'All types'],
  ...ITEM_TYPES.map((type): Choice => [type, TYPES[type][0]]),
];

interface SearchProps {
  readonly path: string;
  readonly query: ItemQuery;
  /** What is searched, for those who hear it. */
  readonly label: string;
}

/** Sent by GET, to the server: what is found can be kept as an address. */
export function ItemSearch({ path, query, label }: SearchProps) {
  const { q, type, trash } = query;
  return (
    <form method="get" action={path} class="item-search" role="search" aria-label={label}>
      <Field name="q" type="search" label={label} value={q} placeholder="Title, user name, site or tag" />
      <Select name="type" label="Type" value={type} choices={TYPE_CHOICES} />
      {trash ? <input type="hidden" name="trash" value="on" /> : null}
      <div class="form-actions">
        <button class="button" type="submit">
          <Icon name="search" /> Search
        </button>
        {q === '' && type === '' ? null : (
          <a class="button quiet" href={queryPath(path, { trash })}>
            Clear
          </a>
        )}
      </div>
    </form>
  );
}

interface ItemTableProps {
  readonly caption: string;
  readonly items: readonly ItemSummaryShape[];
  readonly now: number;
  readonly path: string;
  readonly query: ItemQuery;
  /** Whether the items are of several vaults. */
  readonly withVault?: true;
}

/** One page of the items, and the ways to the others. A page beyond the last is the last. */
export function ItemTable({ caption, items, now, path, query, withVault }: ItemTableProps) {
  const pages = Math.max(1, Math.ceil(items.length / PAGE_LENGTH));
  const at = Math.min(query.page, pages);
  const shown = items.slice((at - 1) * PAGE_LENGTH, at * PAGE_LENGTH);
  return (
    <div class="items item-list">
      <Table caption={caption} columns={columnsOf(now, query, withVault === true)} rows={shown} />
      {pages === 1 ? null : <Pages {...{ at, pages, path, query, count: items.length }} />}
    </div>
  );
}

function columnsOf(now: number, { trash }: ItemQuery, withVault: boolean): readonly Column<ItemSummaryShape>[] {
  return [
    { title: 'Title', kind: 'main', cell: (item) => <Title item={item} withVault={withVault} /> },
    { title: 'Type', cell: ({ type }) => <span class="type">{TYPES[type][0]}</span> },
    { title: 'User name', cell: ({ username }) => orNone(username) },
    { title: 'Site', cell: ({ urls }) => <Sites urls={urls} /> },
    { title: 'Tags', cell: ({ tags }) => <Tags tags={tags} most={TAGS_SHOWN} /> },
    {
      title: trash ? 'In the trash since' : 'Updated',
      cell: (item) => <Time at={item.trashed_at ?? item.updated_at} now={now} form="short" />,
    },
  ];
}

function Title({ item, withVault }: { readonly item: ItemSummaryShape; readonly withVault: boolean }) {
  return (
    <>
      <a class="clip" href={itemPath(item.id)}>
        {item.title}
      </a>
      {withVault ? (
        <span class="where">
          in <a href={vaultPath(item.vault_id)}>{item.vault}</a>
        </span>
      ) : null}
    </>
  );
}

function orNone(text: string | null) {
  return text === null || text === '' ? <None /> : <span class="clip">{text}</span>;
}

/** Nothing to show; a narrow page leaves the whole line out. */
function None() {
  return <span class="none">–</span>;
}

function Sites({ urls }: { readonly urls: readonly string[] }) {
  const [first, ...more] = urls;
  if (first === undefined) return <None />;
  return (
    <>
      <span class="clip">{hostOf(first)}</span>
      {more.length === 0 ? null : <span class="muted"> and {String(more.length)} more</span>}
    </>
  );
}

/** What of an address says where it leads; all of it where it is none. */
function hostOf(url: string): string {
  return URL.parse(url)?.host || url;
}

const TAGS_SHOWN = 2;

/** Tags as text, as many as `most`. */
export function Tags({ tags, most }: { readonly tags: readonly string[]; readonly most: number }) {
  if (tags.length === 0) return <None />;
  const more = tags.length - most;
  return (
    <span class="tags">
      {tags.slice(0, most).map((tag) => (
        <Badge>{tag}</Badge>
      ))}
      {more > 0 ? <span class="muted">and {String(more)} more</span> : null}
    </span>
  );
}

interface PagesProps {
  readonly at: number;
  readonly pages: number;
  readonly count: number;
  readonly path: string;
  readonly query: ItemQuery;
}

function Pages({ at, pages, count, path, query }: PagesProps) {
  const first = (at - 1) * PAGE_LENGTH + 1;
  const last = Math.min(at * PAGE_LENGTH, count);
  const toPage = (page: number): string => queryPath(path, { ...query, page });
  return (
    <nav class="pager" aria-label="Pages">
      <span>
        {at === 1 ? null : (
          <a href={toPage(at - 1)} rel="prev">
            Before
          </a>
        )}
      </span>
      <span class="muted">
        {number(first)}–{number(last)} of {number(count)}
      </span>
      <span>
        {at === pages ? null : (
          <a href={toPage(at + 1)} rel="next">
            Next <Icon name="arrow" />
          </a>
        )}
      </span>
    </nav>
  );
}

function number(value: number): string {
  return value.toLocaleString('en');
}
