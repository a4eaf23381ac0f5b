/** The page: navigation, heading, messages, and what an area puts into it. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Child } from 'hono/jsx';
import type { HtmlEscapedString } from 'hono/utils/html';
import { Refusal } from '../core/refusal.js';
import { escapeText } from '../core/text.js';
import type { Area, ConsoleContext } from './area.js';
import type { Flash } from './browser.js';
import { Document, Mark } from './document.js';
import { Form } from './field.js';
import { Icon } from './icon.js';
import { type KeyOf, KeysDialog } from './keys.js';
import { Notice } from './part.js';

export interface PageOptions {
  /** The heading, and the title in the tab. */
  readonly title: string;
  /** One sentence under the heading. */
  readonly lead?: Child;
  /** Buttons and links beside the heading. */
  readonly actions?: Child;
  /** The page that this one is part of. */
  readonly parent?: { readonly href: string; readonly title: string };
  readonly status?: ContentfulStatusCode;
  /** Assets of the area. */
  readonly styles?: readonly string[];
  readonly scripts?: readonly string[];
  /** What the keys of this page do, for the dialog of keys; the area's script does it. */
  readonly keys?: readonly KeyOf[];
}

const SCRIPTS = ['console.js'];

/** Answers with a page. */
export async function page(c: ConsoleContext, options: PageOptions, content: Child): Promise<Response> {
  const requests = await waiting(c);
  const { title, status = 200, styles = [], scripts = [], keys = [] } = options;
  const { asset, areas, idleMs } = c.get('site');
  return html(
    c,
    <Document
      title={requests > 0 ? `(${String(requests)}) ${title}` : title}
      asset={asset}
      styles={styles}
      scripts={[...SCRIPTS, ...scripts]}
      idleMs={idleMs}
    >
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <div class="frame">
        <SideBar areas={areas} path={c.req.path} requests={requests} csrf={c.get('csrf')} />
        <main id="content" tabindex={-1}>
          <Head {...options} />
          <Flashes flashes={c.get('browser').takeFlashes()} />
          {content}
        </main>
      </div>
      <p class="idle-notice" id="idle-notice" role="status" hidden>
        <span>The console locks in a minute.</span>{' '}
        <button type="button" class="button small" id="idle-stay">
          Stay
        </button>
      </p>
      <KeysDialog areas={areas} keys={keys} />
    </Document>,
    status,
  );
}

/** Answers with a whole document, in which what nobody sees, or what turns the order of others around, is seen as an escape. */
export async function html(
  c: ConsoleContext,
  document: HtmlEscapedString | Promise<HtmlEscapedString>,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const lines = (await document).toString().split('\n');
  return c.html(`<!doctype html>\n${lines.map(escapeText).join('\n')}`, status);
}

/** How many requests wait; a page of a safe in which that cannot be read must be shown all the same. */
async function waiting(c: ConsoleContext): Promise<number> {
  try {
    return (await c.get('door').listRequests({ all: false })).length;
  } catch (error) {
    if (error instanceof Refusal) return 0;
    throw error;
  }
}

interface SideBarProps {
  readonly areas: readonly Area[];
  readonly path: string;
  readonly requests: number;
  readonly csrf: string;
}

function isIn({ path }: Area, at: string): boolean {
  return path === '/' ? at === '/' : at === path || at.startsWith(`${path}/`);
}

function SideBar({ areas, path, requests, csrf }: SideBarProps) {
  return (
    <header class="bar">
      <a class="brand" href="/">
        <Mark /> Vouchsafe
      </a>
      <button class="button quiet menu-button" type="button" popovertarget="menu">
        <Icon name="menu" /> Menu
      </button>
      <nav class="menu" id="menu" popover="auto" aria-label="Console">
        <ul>
          {areas.map((area) => (
            <li>
              <a href={area.path} aria-current={isIn(area, path) ? 'page' : undefined}>
                {area.title}
                {area.countsRequests === true && requests > 0 ? <Count requests={requests} /> : null}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Form csrf={csrf} action="/lock" class="lock">
        <button class="button quiet" type="submit">
          <Icon name="lock" /> Lock
        </button>
      </Form>
    </header>
  );
}

function Count({ requests }: { readonly requests: number }) {
  return (
    <span class="count">
      {requests}
      <span class="unseen">{requests === 1 ? ' request waits' : ' requests wait'}</span>
    </span>
  );
}

function Head({ title, lead, actions, parent }: PageOptions) {
  return (
    <div class="head">
      {parent === undefined ? null : (
        <p class="head-parent">
          <a href={parent.href}>{parent.title}</a>
        </p>
      )}
      <div class="head-row">
        <h1>{title}</h1>
        {actions === undefined ? null : <div class="head-actions">{actions}</div>}
      </div>
      {lead === undefined ? null : <p class="lead">{lead}</p>}
    </div>
  );
}

function Flashes({ flashes }: { readonly flashes: readonly Flash[] }) {
  return (
    <div role="status" class="flashes">
      {flashes.map(({ kind, text }) => (
        <Notice kind={kind === 'done' ? 'good' : 'bad'}>{text}</Notice>
      ))}
    </div>
  );
}
