/** `pat access explain`: what the gate would answer and why, by the same policy, without a call and without an entry. */
import { isoTime, parseAt } from '../core/expiry.js';
import { secretFieldsOf } from '../core/http-auth.js';
import { readHttpPolicy } from '../core/http-policy.js';
import { isConcealed } from '../core/item-content.js';
import { fieldPath, matchField } from '../core/item-field.js';
import type { Exposure } from '../core/limit-check.js';
import { type Action, type FieldName, SCOPES } from '../core/model.js';
import { authorize, type Decision, type PolicyGrant, type Question, type Target } from '../core/policy.js';
import { Refusal } from '../core/refusal.js';
import { nearest } from '../core/text.js';
import type { ExplainedShape, ExplanationShape } from '../core/shapes.js';
import { CATALOGUE } from '../tools/catalogue.js';
import { isRole } from './authors.js';
import { bypassOf } from './bypass.js';
import type { ExplainQuery } from './door.js';
import { isFrozen } from './freeze.js';
import { limitsOf, shapeOfGrant, usageOf } from './grant-shape.js';
import { findItem } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { rulesOf } from './owner-rules.js';
import { agentErrorOf, refusalOf } from './refusals.js';
import type { ItemRules } from './rules.js';
import type { ShelvedItem } from './shelf.js';
import { findOwned, type OwnedToken } from './token-reader.js';
import { vaultOf } from './verified-state.js';

/** A call that is thought through: a tool, and the secret fields that it is to give. */
interface Thought {
  readonly tool: string;
  readonly action: Action;
  readonly field: string | null;
  /** What it is to give or use; of a request all that its policy sends. */
  readonly secrets: readonly string[];
  readonly exposure: Exposure;
  readonly target: Target;
}

/** The item that is thought about. */
interface Subject {
  readonly item: ShelvedItem;
  readonly rules: ItemRules;
}

/** What each tool would be answered about an item, at a time. */
export async function explain(core: OwnerCore, query: ExplainQuery): Promise<ExplanationShape> {
  return core.read(async (ground) => {
    const token = await findOwned(core, ground, query.token);
    const item = await findItem(core, ground, { reference: query.item, place: 'both' });
    const at = query.at === undefined ? ground.now : parseAt(query.at, ground.now);
    const unusable = await unusableAt(ground, token, at);
    const question = await questionOf(core, ground, { token, at });
    const subject = { item, rules: await rulesOf(core, ground, item.id) };
    const thoughts = thoughtsOf(subject).filter(({ tool }) => query.tool === undefined || tool === query.tool);
    if (thoughts.length === 0) throw unknownTool(query.tool ?? '', subject);
    const results: ExplainedShape[] = [];
    for (const thought of thoughts)
      results.push(await explained(core, ground, { token, thought, question, unusable, subject, at }));
    return {
      token: { id: token.id, name: token.name },
      item: { id: item.id, title: item.overview.title },
      vault: {
        id: vaultOf(item.id),
        name: (await core.shelf.name(ground, vaultOf(item.id)))?.name ?? vaultOf(item.id),
      },
      at: isoTime(at),
      results,
    };
  });
}

function unknownTool(tool: string, subject: Subject): Refusal {
  const names = [...new Set(thoughtsOf(subject).map((thought) => thought.tool))];
  const near = nearest(tool, names);
  return new Refusal('invalid_request', {
    message: 'That is no tool that is about this item.',
    next: near === undefined ? `Use one of: ${names.join(', ')}.` : `Did you mean ${near}?`,
  });
}

/** Why the token could make no call at all, or null. */
async function unusableAt({ handle, state }: OwnerGround, token: OwnedToken, at: number): Promise<string | null> {
  const { notAfter } = token.certificate;
  if (notAfter !== null && at >= notAfter) return 'The token has expired.';
  return (await isFrozen(handle, { safeId: state.safeId }, token.leaf)) ? 'The token is frozen.' : null;
}

async function questionOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { token: OwnedToken; at: number },
): Promise<Omit<Question, 'action' | 'target' | 'secrets'>> {
  const { token, at } = of;
  const { scopes } = token.certificate;
  return {
    scopes: scopes.length === 0 ? null : SCOPES.filter((scope) => scopes.includes(scope)),
    grants: token.grants.flatMap((grant) => policyGrant(grant) ?? []),
    usage: await usageOf(core, ground, token),
    from: 'anywhere',
    now: at,
  };
}

/** A grant as the policy sees it; null where this version does not understand all of it, so that it grants nothing. */
function policyGrant(grant: OwnedToken['grants'][number]): PolicyGrant | null {
  const { vault, item, role, notAfter } = grant.document;
  const limits = limitsOf(grant);
  return limits === null || !isRole(role) ? null : { id: grant.id, vault, item, role, notAfter, limits };
}

/** About the item itself, then about the vault it is in. */
function thoughtsOf({ item: { id, overview }, rules }: Subject): readonly Thought[] {
  const vault = vaultOf(id);
  const onItem = { kind: 'item', vault, item: id } as const;
  const onVault = { kind: 'vault', vault } as const;
  const secrets = overview.fieldNames.filter(({ kind }) => kind === 'secret' || kind === 'note');
  const codes = overview.fieldNames.filter(({ kind }) => kind === 'totp');
  return CATALOGUE.flatMap(({ name: tool, action }) => {
    const fields = tool === 'get_item' ? [null, ...secrets] : tool === 'get_totp' ? codes : [null];
    const target = ON_VAULT.has(action) ? onVault : onItem;
    if (tool === 'run_recipe' || ABOUT_NOTHING.has(action)) return [];
    if (action === 'item.use')
      return [{ tool, action, field: null, secrets: sentBy(overview.fieldNames, rules), exposure: 'hidden', target }];
    return fields.map((field): Thought => {
      const path = pathOf(field);
      return { tool, action, field: path, secrets: path === null ? [] : [path], exposure: 'shown', target };
    });
  });
}

/** The secret fields that an item's policy for requests sends. */
function sentBy(fields: readonly FieldName[], { http }: ItemRules): readonly string[] {
  const policy = http === null ? null : readHttpPolicy(JSON.parse(http));
  const names = policy === null ? [] : secretFieldsOf(policy.auth);
  return names.flatMap((name) => {
    const field = matchField(fields, name);
    return field !== undefined && isConcealed(field.kind) ? [fieldPath(field)] : [];
  });
}

const ON_VAULT: ReadonlySet<Action> = new Set(['item.list', 'item.create', 'vault.update']);
const ABOUT_NOTHING: ReadonlySet<Action> = new Set(['session.whoami', 'access.request', 'vault.list', 'item.search']);

/** What is done to items in the trash. */
const IN_TRASH: ReadonlySet<Action> = new Set([
  'item.restore',
  'item.delete',
  'item.list',
  'item.create',
  'vault.update',
]);

function pathOf(field: FieldName | null): string | null {
  return field === null ? null : fieldPath(field);
}

/** What the gate would decide: the item is looked up before its secrets are. */
function decided(of: {
  token: OwnedToken;
  thought: Thought;
  question: Omit<Question, 'action' | 'target' | 'secrets'>;
  subject: Subject;
  at: number;
}): Decision | { readonly code: string; readonly why: string } {
  const { action, target, exposure, secrets, tool } = of.thought;
  const { item, rules } = of.subject;
  const isGiven = of.at < bypassOf(of.token.leaf);
  const ask = (given: readonly string[]): Decision => {
    const consent = { isDemanded: rules.approve && given.length > 0, isGiven };
    return authorize({ ...of.question, action, target, secrets: given, exposure, consent });
  };
  const plain = ask([]);
  if (!plain.allowed) return plain;
  if (item.accepted.revision.isTrashed && !IN_TRASH.has(action))
    return { code: 'not_found', why: 'The item is in the trash.' };
  if (tool === 'http_request' && rules.http === null)
    return { code: 'forbidden', why: 'The item has no policy for requests.' };
  return ask(secrets);
}

async function explained(
  core: OwnerCore,
  ground: OwnerGround,
  of: {
    token: OwnedToken;
    thought: Thought;
    question: Omit<Question, 'action' | 'target' | 'secrets'>;
    unusable: string | null;
    subject: Subject;
    at: number;
  },
): Promise<ExplainedShape> {
  const { tool, field } = of.thought;
  const head = { tool, ...(field === null ? {} : { field }) };
  if (of.unusable !== null) return { ...head, outcome: 'refused', code: 'unauthenticated', why: of.unusable };
  const decision = decided(of);
  if ('why' in decision) return { ...head, outcome: 'refused', ...decision };
  const id = 'grant' in decision ? (decision.grant?.id ?? null) : null;
  const grant = id === null ? null : await shapeFor(core, ground, { token: of.token, id });
  const by = grant === null ? {} : { grant };
  if (decision.allowed) return { ...head, outcome: 'granted', why: WHY.granted, ...by };
  const { code, message, retry_at } = agentErrorOf(refusalOf(decision), null);
  const why = 'stopped' in decision ? message : WHY[decision.because];
  return { ...head, outcome: 'refused', code, why, ...by, ...(retry_at === undefined ? {} : { retry_at }) };
}

/** A grant of the token as it is printed. */
async function shapeFor(core: OwnerCore, ground: OwnerGround, of: { token: OwnedToken; id: string }) {
  const grant = of.token.grants.find((candidate) => candidate.id === of.id);
  return grant === undefined ? null : shapeOfGrant(core, ground, { token: of.token, grant });
}

type Plain = Exclude<Extract<Decision, { allowed: false }>, { stopped: unknown }>['because'];

const WHY: Readonly<Record<Plain | 'granted', string>> = {
  granted: 'A grant allows it, within its limits.',
  action: 'No token may do this.',
  scope: 'The scopes of the token do not cover it.',
  grant: 'No grant of the token that has not ended reaches it.',
  role: 'The role of the grant is too low.',
};
