/** What an entry says of a call before anything is checked, and what only a granted call may state. */
import { escapeText, scrub } from '../core/text.js';
import type { CatalogueEntry } from '../tools/catalogue.js';
import type { Call } from './call.js';
import type { Draft } from './entry-draft.js';

const SHOWN_AT_MOST = 300;

/** Step 1: the facts that are known before anything is checked. */
export function describe(call: Call, on: { draft: Draft; tool: Pick<CatalogueEntry, 'action'> | undefined }): void {
  const { draft, tool } = on;
  draft.action = tool?.action ?? 'call.unknown';
  draft.tool = shown(call.tool);
  draft.requestId = call.requestId ?? null;
  const given = isPlainObject(call.arguments) ? call.arguments : {};
  draft.reason = typeof given['reason'] === 'string' ? shown(given['reason']) : null;
  const asked = ['vault', 'item'].flatMap((name) =>
    typeof given[name] === 'string' ? [`${name} “${shown(given[name])}”`] : [],
  );
  draft.detail = asked.length === 0 ? null : `asked for ${asked.join(', ')}`;
}

/** One client adds `wait_for_previous` to every call. */
export function withoutClientExtras(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== 'wait_for_previous'));
}

/** What an agent sent, fit to be kept: no token in it, nothing hidden, not long. */
export function shown(text: string): string {
  return escapeText(scrub(text)).slice(0, SHOWN_AT_MOST);
}

/** Takes back what only a granted call may state. */
export function resetDraft(draft: Draft): void {
  draft.changes = [];
  draft.secrets = [];
  draft.grant = null;
  draft.uses = null;
  draft.asked = null;
  draft.asking = null;
}

/** Whether a value is an object with named parts. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
