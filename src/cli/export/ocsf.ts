/**
 * OCSF 1.9.0 (https://schema.ocsf.io/1.9.0/classes/api_activity): every entry is an event of the class API Activity.
 * Attributes that 1.9.0 calls deprecated are not used; what the class has no attribute for stands in `unmapped`.
 */
import type { Action, Outcome } from '../../core/model.js';
import type { EntryShape } from '../../core/shapes.js';
import { VERSION } from '../../gate/version.js';
import { printJson } from '../output.js';
import type { Formatter } from './formatter.js';
import { severityOf, type Severity } from './severity.js';

/** Entries as events of OCSF, one JSON object to a line. */
export const ocsf: Formatter = {
  head: '',
  line: (entry) => `${printJson(eventOf(entry))}\n`,
};

const SCHEMA_VERSION = '1.9.0';
const CATEGORY = { category_uid: 6, category_name: 'Application Activity' } as const;
const CLASS = { class_uid: 6003, class_name: 'API Activity' } as const;
const PRODUCT = { name: 'Vouchsafe', vendor_name: 'Vouchsafe', version: VERSION } as const;

const ACTIVITIES = { Create: 1, Read: 2, Update: 3, Delete: 4, Other: 99 } as const;
type Activity = keyof typeof ACTIVITIES;

/** The trash and a freeze can be undone: they update. What is used, unlocked or unknown is none of the four. */
const ACTIVITY: Readonly<Record<Action, Activity>> = {
  'session.whoami': 'Read',
  'vault.list': 'Read',
  'item.list': 'Read',
  'item.search': 'Read',
  'item.read': 'Read',
  'item.totp': 'Read',
  'item.create': 'Create',
  'item.update': 'Update',
  'item.trash': 'Update',
  'item.restore': 'Update',
  'item.move': 'Update',
  'item.delete': 'Delete',
  'vault.update': 'Update',
  'access.request': 'Create',
  'item.use': 'Other',
  'item.use.end': 'Other',
  'call.unknown': 'Other',
  'safe.init': 'Create',
  'safe.unlock': 'Other',
  'safe.lockdown': 'Update',
  'safe.passwd': 'Update',
  'safe.rekey': 'Update',
  'vault.create': 'Create',
  'vault.delete': 'Delete',
  'token.create': 'Create',
  'token.renew': 'Update',
  'token.delete': 'Delete',
  'token.rename': 'Update',
  'token.freeze': 'Update',
  'token.exchange': 'Create',
  'token.exchange.end': 'Delete',
  'token.unfreeze': 'Update',
  'grant.create': 'Create',
  'grant.revoke': 'Delete',
  'settings.set': 'Update',
  'audit.checkpoint': 'Create',
  'audit.export': 'Read',
  import: 'Create',
  export: 'Read',
  backup: 'Read',
  'approval.decide': 'Update',
  'recipe.create': 'Create',
  'recipe.renew': 'Update',
  'recipe.delete': 'Delete',
};

const SEVERITIES: Readonly<Record<Severity, string>> = { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High' };

const STATUS: Readonly<Record<Outcome, object>> = {
  granted: { status_id: 1, status: 'Success', status_detail: 'granted' },
  refused: { status_id: 2, status: 'Failure', status_detail: 'refused' },
  error: { status_id: 2, status: 'Failure', status_detail: 'error' },
};

function eventOf(entry: EntryShape): object {
  const { at, action, outcome, code, client, transport } = entry;
  const severity = severityOf(entry);
  return {
    ...classificationOf(action),
    time: Date.parse(at),
    severity_id: severity,
    severity: SEVERITIES[severity],
    ...STATUS[outcome],
    ...(code === undefined ? {} : { status_code: code }),
    message: messageOf(entry),
    metadata: metadataOf(entry),
    actor: actorOf(entry),
    api: { operation: action, service: { name: PRODUCT.name, version: PRODUCT.version } },
    src_endpoint: { svc_name: client.name === '' ? transport : client.name },
    ...resourcesOf(entry),
    unmapped: unmappedOf(entry),
  };
}

/** `type_uid` = `class_uid` · 100 + `activity_id`. The name of an activity that is none of the class's is the source's. */
function classificationOf(action: Action): object {
  const activity = ACTIVITY[action];
  const id = ACTIVITIES[activity];
  return {
    activity_id: id,
    activity_name: activity === 'Other' ? action : activity,
    ...CATEGORY,
    ...CLASS,
    type_uid: CLASS.class_uid * 100 + id,
    type_name: `${CLASS.class_name}: ${activity}`,
  };
}

function messageOf({ action, outcome, code, reason }: EntryShape): string {
  const what = `${action} ${outcome}${code === undefined ? '' : ` (${code})`}`;
  return reason === null ? what : `${what}: ${reason}`;
}

/** `original_event_uid` is the receipt of the entry, as `audit show` takes it. */
function metadataOf({ seq, at, action, hash }: EntryShape): object {
  return {
    version: SCHEMA_VERSION,
    product: PRODUCT,
    event_code: action,
    original_event_uid: `${String(seq)}:${hash}`,
    original_time: at,
    sequence: seq,
  };
}

const USER_TYPES = {
  owner: { type_id: 2, type: 'Admin' },
  token: { type_id: 4, type: 'Service' },
  none: { type_id: 0, type: 'Unknown' },
} as const;

/** A user has a name or an id: who is nobody, or of whom neither is known, is named after its kind. */
function actorOf({ actor: { kind, id, name }, client }: EntryShape): object {
  const known = { ...said('uid', id), ...said('name', name) };
  const user = { ...(Object.keys(known).length === 0 ? { name: kind } : known), ...USER_TYPES[kind] };
  return client.name === ''
    ? { user }
    : { user, application: { name: client.name, ...said('version', client.version) } };
}

/** The attribute, if there is anything to say: an empty text is none. */
function said(attribute: string, text: string | null): object {
  return text === null || text === '' ? {} : { [attribute]: text };
}

const TARGET = { role_id: 1, role: 'Target' } as const;
const RELATED = { role_id: 4, role: 'Related' } as const;

/** The item, or else the vault, is what the call was about; the vault of an item is related to it. */
function resourcesOf({ vault, item }: EntryShape): object {
  const resources = [
    ...(item === undefined ? [] : [{ type: 'item', uid: item.id, ...said('name', item.title), ...TARGET }]),
    ...(vault === undefined
      ? []
      : [{ type: 'vault', uid: vault.id, ...said('name', vault.name), ...(item === undefined ? TARGET : RELATED) }]),
  ];
  return resources.length === 0 ? {} : { resources };
}

function unmappedOf({ actor, fields, reason, signals, transport, grant_id, hash }: EntryShape): object {
  const facts = { actor_kind: actor.kind, transport, fields, reason, signals };
  return { ...facts, ...(grant_id === undefined ? {} : { grant_id }), hash };
}
