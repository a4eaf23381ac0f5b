/** The parts that pages are made of. All text in them is shown as text. */
import type { PropsWithChildren } from 'hono/jsx';
import type { Outcome } from '../core/model.js';
import type { TokenStatus } from '../core/shapes.js';
import { Icon } from './icon.js';

/** How good or bad something is; `plain` is neither. */
export type Tone = 'plain' | 'good' | 'warn' | 'bad';

/** A word with a tone, as a pill. The word says it all; the colour repeats it. */
export function Badge({ tone = 'plain', children }: PropsWithChildren<{ readonly tone?: Tone }>) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

const STATUS_TONES: Readonly<Record<TokenStatus, Tone>> = {
  active: 'good',
  expiring: 'warn',
  expired: 'plain',
  frozen: 'bad',
  revoked: 'plain',
};

/** The status of a token. */
export function TokenBadge({ status }: { readonly status: TokenStatus }) {
  return <Badge tone={STATUS_TONES[status]}>{status}</Badge>;
}

const OUTCOME_TONES: Readonly<Record<Outcome, Tone>> = { granted: 'good', refused: 'bad', error: 'warn' };

/** How an entry ended. */
export function OutcomeBadge({ outcome }: { readonly outcome: Outcome }) {
  return <Badge tone={OUTCOME_TONES[outcome]}>{outcome}</Badge>;
}

/** Something that the owner should read now. */
export function Notice({
  kind = 'plain',
  title,
  children,
}: PropsWithChildren<{ readonly kind?: Tone; readonly title?: string }>) {
  return (
    <div class={`notice ${kind}`}>
      <Icon name={kind === 'good' ? 'check' : 'warning'} />
      <div>
        {title === undefined ? null : <p class="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

/** A part of a page with a heading. `actions` stand beside it. */
export function Card({ title, id, actions, flush = false, children }: PropsWithChildren<CardProps>) {
  return (
    <section class={flush ? 'card flush' : 'card'} id={id} aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        {actions === undefined ? null : <div class="card-actions">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

interface CardProps {
  readonly title: string;
  readonly id?: string;
  readonly actions?: PropsWithChildren['children'];
  /** Without space inside: for a table that fills it. */
  readonly flush?: boolean;
}

/** Where there is nothing yet: what it would be, and what to do first. */
export function EmptyState({ title, children }: PropsWithChildren<{ readonly title: string }>) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Names and what they stand for. `rows` with null are left out. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, value: PropsWithChildren['children']])[];
}) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) =>
        value === null || value === undefined ? null : (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

interface CopyProps {
  readonly text: string;
  /** What is copied, for those who hear the button: `the token`. */
  readonly what: string;
  /** Shows the text on lines of its own instead of one. */
  readonly long?: boolean;
}

/** Text to copy with its button, which needs the script; without it, the text can be selected. */
export function Copy({ text, what, long = false }: CopyProps) {
  return (
    <div class={long ? 'copy long' : 'copy'}>
      {long ? (
        <pre tabindex={0} role="region" aria-label={what}>
          <code data-copy-text>{text}</code>
        </pre>
      ) : (
        <code data-copy-text>{text}</code>
      )}
      <button type="button" class="button small" data-copy hidden>
        <Icon name="copy" /> <span data-copy-label>Copy</span>
        <span class="unseen"> {what}</span>
      </button>
    </div>
  );
}

/** A command for a terminal, to copy. */
export function Command({ line }: { readonly line: string }) {
  return <Copy text={line} what="the command" />;
}

/** Earlier and later pages of a list, by cursors; nothing where there is one page. */
export function Pager({ next, first }: { readonly next: string | null; readonly first: string | null }) {
  if (next === null && first === null) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {first === null ? null : <a href={first}>Newest</a>}
      {next === null ? null : (
        <a href={next} rel="next">
          Older <Icon name="arrow" />
        </a>
      )}
    </nav>
  );
}
