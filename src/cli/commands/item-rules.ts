/** What the owner demands of an item, as options of the verbs that make and change items, and as people read it. */
import type { Command } from 'commander';
import type { HttpAuth } from '../../core/http-auth.js';
import type { HttpPolicyShape } from '../../core/http-policy.js';
import { matchField } from '../../core/item-field.js';
import type { ItemType } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import type { ItemRulesShape } from '../../core/rule-shapes.js';
import { escapeText } from '../../core/text.js';
import type { FieldInput, NewItem, OwnerDoor } from '../../gate/door.js';
import type { ItemRulesChange } from '../../gate/use-door.js';
import type { Acting } from '../context.js';

/** What {@link addStartRules} and {@link addApprove} read. */
export interface RuleFlags {
  readonly approve?: boolean;
  /** True, or whose key it holds. */
  readonly decoy?: boolean | string;
}

/** Adds `--approve` and `--decoy` for a new item. */
export function addStartRules(command: Command): Command {
  return command
    .option('--approve', 'each use of its secrets by a token needs your word')
    .option(
      '--decoy [kind]',
      'a believable false item that nobody should touch: --decoy, or --decoy=github, aws, stripe …',
    );
}

/** Adds `--approve` and `--no-approve` for an item that there is. */
export function addApprove(command: Command): Command {
  return command
    .option('--approve', 'each use of its secrets by a token needs your word')
    .option('--no-approve', 'it no longer does');
}

/** Throws `forbidden` where a token acts: rules are the owner's. */
export function checkOwnersRules({ kind }: Acting, { approve, decoy }: RuleFlags): void {
  if (kind === 'owner' || (approve === undefined && decoy === undefined)) return;
  throw new Refusal('forbidden', {
    message: 'Only the owner says what rules an item has.',
    next: 'Leave out --approve, --no-approve and --decoy.',
  });
}

/** The rules that a new item has from the start; undefined where none are asked for. */
export function startRulesOf({ approve, decoy }: RuleFlags): ItemRulesChange | undefined {
  if (approve === undefined && decoy === undefined) return undefined;
  return { ...(approve === undefined ? {} : { approve }), ...(decoy === undefined ? {} : { decoy: true }) };
}

/** The kind of decoy that is named, if any. Throws `invalid_request` for one that is not known, with those there are. */
export async function checkDecoy({ decoy }: RuleFlags): Promise<void> {
  if (typeof decoy === 'string' && decoy !== '') (await import('../../gate/decoy.js')).checkDecoyKind(decoy);
}

/** The false fields that the item still lacks; none where no decoy is asked for. What is given wins over what is made. */
export async function decoyFieldsFor(
  { decoy }: RuleFlags,
  { type, title, urls = [], fields = [] }: NewItem & { readonly type: ItemType },
): Promise<readonly FieldInput[]> {
  if (decoy === undefined || decoy === false) return [];
  const { checkDecoyKind, decoyFields } = await import('../../gate/decoy.js');
  const like = typeof decoy === 'string' && decoy !== '' ? checkDecoyKind(decoy) : undefined;
  const made = await decoyFields({ type, title, urls, like });
  const given = fields.map((field) => ({ ...field, kind: field.kind ?? ('text' as const) }));
  return made.filter(({ name }) => matchField(given, name) === undefined);
}

/** The rules of an item; undefined where it has none. */
export async function rulesOfItem(door: OwnerDoor, id: string): Promise<ItemRulesShape | undefined> {
  const rules = await door.itemRules({ item: { by: 'id', text: id } });
  return rules.approve || rules.decoy || rules.http !== null ? rules : undefined;
}

/** The rules in a line: `each use needs your word; requests to api.example.com`. */
export function rulesLine({ approve, decoy, http }: ItemRulesShape): string {
  return [
    ...(decoy ? ['a decoy'] : []),
    ...(approve ? ['each use needs your word'] : []),
    ...(http === null ? [] : [`requests to ${http.hosts.map(escapeText).join(', ')}`]),
  ].join('; ');
}

/** The rules as rows of a label and a text. */
export function rulesRows({ approve, decoy, http }: ItemRulesShape): readonly (readonly [string, string])[] {
  return [
    ['Approval', approve ? 'each use of its secrets by a token needs your word' : 'not needed'],
    ['Decoy', decoy ? 'yes: a token that uses it is marked in the log, and you are told' : 'no'],
    ...(http === null ? [['Requests', 'may not carry it'] as const] : httpRows(http)),
  ];
}

function httpRows(http: HttpPolicyShape): readonly (readonly [string, string])[] {
  const { hosts, methods, paths, auth, allow_loopback: isLoopback, allow_private: isPrivate } = http;
  const also = [...(isLoopback ? ['this machine'] : []), ...(isPrivate ? ['private networks'] : [])];
  return [
    ['Requests', `to ${hosts.map(escapeText).join(', ')}`],
    ['Methods', methods.join(', ')],
    ['Paths', paths.map(escapeText).join(', ')],
    ['Credential', escapeText(authText(auth))],
    ...(also.length === 0 ? [] : [['Also to', also.join(', ')] as const]),
  ];
}

/** Where the credential goes, as it is typed after `--http-auth`. */
export function authText(auth: HttpAuth): string {
  switch (auth.kind) {
    case 'bearer':
      return `bearer:${auth.field}`;
    case 'basic':
      return `basic:${auth.username ?? ''}:${auth.password}`;
    case 'header':
      return [auth.kind, auth.name, auth.field, ...(auth.prefix === undefined ? [] : [auth.prefix])].join(':');
    case 'query':
    case 'cookie':
      return `${auth.kind}:${auth.name}:${auth.field}`;
    case 'aws-sigv4': {
      const { key, secret, region, service, session } = auth;
      return [auth.kind, key, secret, region, service, ...(session === undefined ? [] : [session])].join(':');
    }
  }
}
