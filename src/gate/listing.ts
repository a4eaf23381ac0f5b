import { mayEver } from '../core/policy.js';
import { CATALOGUE, type CatalogueEntry } from '../tools/catalogue.js';
import type { ToolListing } from './call.js';
import { isLive, type OpenedToken } from './opened-token.js';

/** What it must be is said once for all, by `whoami`. */
const REASON = { type: 'string' };
const known = new Map<string, ToolListing>();

/** A tool as `tools/list` shows it; made once, since schemas are dear. */
export function listingOf(tool: CatalogueEntry): ToolListing {
  const made = known.get(tool.name) ?? makeListing(tool);
  known.set(tool.name, made);
  return made;
}

function makeListing(tool: CatalogueEntry): ToolListing {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: withReason(tool),
    outputSchema: outputSchemaOf(tool),
    annotations: {
      readOnlyHint: tool.hints.readOnly,
      destructiveHint: tool.hints.destructive,
      idempotentHint: tool.hints.idempotent,
      openWorldHint: false,
    },
    ...(tool.asksUser ? { _meta: { 'anthropic/requiresUserInteraction': true } } : {}),
  };
}

function withReason(tool: CatalogueEntry): Readonly<Record<string, unknown>> {
  const { properties, required } = tool.inputSchema();
  const needed = Array.isArray(required) ? (required as unknown[]) : [];
  const object = { type: 'object', additionalProperties: false };
  if (!tool.needsReason) return { ...object, properties: {} };
  return { ...object, properties: { reason: REASON, ...(properties as object) }, required: ['reason', ...needed] };
}

/** No `required` and nothing forbidden: one client checks refusals against it too. */
function outputSchemaOf(tool: CatalogueEntry): Readonly<Record<string, unknown>> {
  const object = { type: 'object' };
  return { type: 'object', properties: { ...tool.output, receipt: object, error: object } };
}

/** The tools to show a token now; all of them where there is no usable one. */
export function listedTools(token: OpenedToken | null, now: number): readonly ToolListing[] {
  return CATALOGUE.filter((tool) => isListed(tool, token, now)).map(listingOf);
}

/** All tools without a usable token; a viewer's where a token has no grant. */
function isListed(tool: CatalogueEntry, token: OpenedToken | null, now: number): boolean {
  if (token === null) return true;
  const roles = token.grants.filter((grant) => isLive(grant, now)).map((grant) => grant.role);
  return [...roles, 'viewer' as const].some((role) => mayEver(tool.action, token.scopes, role));
}
