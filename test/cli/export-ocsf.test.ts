import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ocsf } from '../../src/cli/export/ocsf.js';
import { ACTIONS, type Action, type Outcome } from '../../src/core/model.js';
import type { EntryShape } from '../../src/core/shapes.js';
import { VERSION } from '../../src/gate/version.js';
import { BARE, entryOf, hostileEntry, NOBODY } from './export-entries.js';
import { REFUSED } from './fixtures.js';

type Json = Readonly<Record<string, unknown>>;
/** What a value must be: one of these numbers or texts, of this type, a list or an object. */
type Rule = readonly (number | string)[] | 'integer' | 'text' | 'texts' | 'any' | Shape | readonly [Shape];
interface Shape {
  readonly required?: Readonly<Record<string, Rule>>;
  readonly optional?: Readonly<Record<string, Rule>>;
  /** OCSF's constraint `at_least_one`. */
  readonly atLeastOne?: readonly string[];
}

const NAMED: Shape = { optional: { name: 'text', uid: 'text', version: 'text' }, atLeastOne: ['name', 'uid'] };

/**
 * The class API Activity of OCSF 1.9.0: what it requires, and of the rest what is used here, with the types and values
 * that it allows. From github.com/ocsf/ocsf-schema: events/base_event.json, events/application/api_activity.json,
 * objects/{_entity,actor,api,application,endpoint,metadata,network_endpoint,product,resource_details,user}.json,
 * severity_id and status_id of dictionary.json, and CHANGELOG.md of v1.9.0 (3 August 2026) for `actor.application`.
 * Browsable at https://schema.ocsf.io/1.9.0/classes/api_activity.
 */
const API_ACTIVITY: Shape = {
  required: {
    activity_id: [0, 1, 2, 3, 4, 99],
    category_uid: [6],
    class_uid: [6003],
    type_uid: [600300, 600301, 600302, 600303, 600304, 600399],
    time: 'integer',
    severity_id: [0, 1, 2, 3, 4, 5, 6, 99],
    metadata: {
      required: {
        version: ['1.9.0'],
        product: {
          optional: { name: 'text', uid: 'text', vendor_name: 'text', version: 'text' },
          atLeastOne: ['name', 'uid'],
        },
      },
      optional: { event_code: 'text', original_event_uid: 'text', original_time: 'text', sequence: 'integer' },
    },
    actor: {
      optional: {
        user: {
          optional: { name: 'text', uid: 'text', type: 'text', type_id: [0, 1, 2, 3, 4, 99] },
          atLeastOne: ['account', 'name', 'uid'],
        },
        application: NAMED,
      },
      atLeastOne: ['process', 'user', 'session', 'application'],
    },
    api: { required: { operation: 'text' }, optional: { service: NAMED } },
    src_endpoint: {
      optional: { svc_name: 'text' },
      atLeastOne: ['ip', 'uid', 'name', 'hostname', 'svc_name', 'instance_uid', 'interface_uid', 'interface_name'],
    },
  },
  optional: {
    activity_name: 'text',
    category_name: ['Application Activity'],
    class_name: ['API Activity'],
    type_name: 'text',
    severity: ['Informational', 'Low', 'Medium', 'High', 'Critical', 'Fatal'],
    status_id: [0, 1, 2, 99],
    status: ['Success', 'Failure'],
    status_code: 'text',
    status_detail: 'text',
    message: 'text',
    resources: [
      {
        optional: { name: 'text', uid: 'text', type: 'text', role_id: [0, 1, 2, 3, 4, 99], role: 'text' },
        atLeastOne: ['name', 'uid'],
      },
    ],
    unmapped: 'any',
  },
};

const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: (value) => typeof value === 'object' && value !== null,
  integer: Number.isSafeInteger,
  text: (value) => typeof value === 'string' && value !== '',
};

/** What is wrong with the value, as paths; none if it is as the rule says. */
function faults(value: unknown, rule: Rule, path = ''): string[] {
  if (typeof rule === 'string') return CHECKS[rule]?.(value) === true ? [] : [`${path} is no ${rule}`];
  if (!Array.isArray(rule)) return objectFaults(value as Json, rule as Shape, path);
  if (typeof rule[0] !== 'object')
    return (rule as readonly unknown[]).includes(value) ? [] : [`${path} may not be ${String(value)}`];
  const [shape] = rule;
  return Array.isArray(value) ? value.flatMap((one, i) => faults(one, shape, `${path}[${i}]`)) : [`${path} is no list`];
}

function objectFaults(value: Json, { required = {}, optional = {}, atLeastOne }: Shape, path: string): string[] {
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path} is no object`];
  const rules = { ...required, ...optional };
  return [
    ...Object.keys(required).flatMap((key) => (key in value ? [] : [`${path}.${key} is missing`])),
    ...Object.entries(value).flatMap(([key, one]) =>
      rules[key] === undefined ? [`${path}.${key} is not in the schema`] : faults(one, rules[key], `${path}.${key}`),
    ),
    ...(atLeastOne?.some((key) => key in value) === false ? [`${path} has none of ${atLeastOne.join(', ')}`] : []),
  ];
}

function eventOf(entry: EntryShape): Json {
  return JSON.parse(ocsf.line(entry)) as Json;
}

const OUTCOMES: readonly Outcome[] = ['granted', 'refused', 'error'];

/** Which activity of the class each action is: 1 create, 2 read, 3 update, 4 delete, 99 other. */
const ACTIVITY: Readonly<Record<number, string>> = {
  1: 'item.create access.request safe.init vault.create token.create token.exchange grant.create audit.checkpoint import recipe.create',
  2: `session.whoami vault.list item.list item.search item.read item.totp audit.export export backup`,
  3: `item.update item.trash item.restore item.move vault.update safe.lockdown safe.passwd safe.rekey token.renew token.rename
    token.freeze token.unfreeze settings.set approval.decide recipe.renew`,
  4: 'item.delete vault.delete token.delete token.exchange.end grant.revoke recipe.delete',
  99: 'item.use item.use.end call.unknown safe.unlock',
};

function activityOf(action: Action): number {
  return Number(Object.entries(ACTIVITY).find(([, actions]) => actions.split(/\s+/).includes(action))?.[0]);
}

describe('ocsf', () => {
  const cases = ACTIONS.flatMap((action) => OUTCOMES.map((outcome) => [action, outcome] as const));

  it.each(cases)('%s %s is an event of the class', (action, outcome) => {
    const event = eventOf(entryOf(action, outcome));
    expect(faults(event, API_ACTIVITY)).toEqual([]);
    expect(event['activity_id']).toBe(activityOf(action));
    expect(event['type_uid']).toBe(6003 * 100 + Number(event['activity_id']));
    expect(event['status_id']).toBe(outcome === 'granted' ? 1 : 2);
  });

  it('writes an entry, and nothing of it is lost', () => {
    expect(eventOf(REFUSED)).toEqual({
      activity_id: 2,
      activity_name: 'Read',
      category_uid: 6,
      category_name: 'Application Activity',
      class_uid: 6003,
      class_name: 'API Activity',
      type_uid: 600302,
      type_name: 'API Activity: Read',
      time: 1772446542120,
      severity_id: 2,
      severity: 'Low',
      status_id: 2,
      status: 'Failure',
      status_detail: 'refused',
      status_code: 'forbidden',
      message: 'item.read refused (forbidden): sneaky \u202e\u001b[31m reason',
      metadata: {
        version: '1.9.0',
        product: { name: 'Vouchsafe', vendor_name: 'Vouchsafe', version: VERSION },
        event_code: 'item.read',
        original_event_uid: `42:${'b'.repeat(64)}`,
        original_time: '2026-03-02T10:15:42.120Z',
        sequence: 42,
      },
      actor: {
        user: { uid: 'law-hotel-shape-community', name: 'deploy-bot', type_id: 4, type: 'Service' },
        application: { name: 'claude-code', version: '2.1.0' },
      },
      api: { operation: 'item.read', service: { name: 'Vouchsafe', version: VERSION } },
      src_endpoint: { svc_name: 'claude-code' },
      resources: [
        { type: 'item', uid: 'item2', role_id: 1, role: 'Target' },
        { type: 'vault', uid: 'vault1production', name: 'Production', role_id: 4, role: 'Related' },
      ],
      unmapped: {
        actor_kind: 'token',
        transport: 'stdio',
        fields: ['password'],
        reason: 'sneaky \u202e\u001b[31m reason',
        signals: ['repeat'],
        grant_id: 'grant1',
        hash: 'b'.repeat(64),
      },
    });
  });

  it('has an actor and a source also where hardly anything is known', () => {
    for (const entry of [BARE, NOBODY]) expect(faults(eventOf(entry), API_ACTIVITY)).toEqual([]);
    expect(eventOf(BARE)['actor']).toEqual({ user: { name: 'owner', type_id: 2, type: 'Admin' } });
    expect(eventOf(NOBODY)['actor']).toEqual({ user: { name: 'none', type_id: 0, type: 'Unknown' } });
    expect(eventOf(NOBODY)['src_endpoint']).toEqual({ svc_name: 'cli' });
    expect(eventOf({ ...BARE, vault: { id: 'vault1', name: null } })['resources']).toEqual([
      { type: 'vault', uid: 'vault1', role_id: 1, role: 'Target' },
    ]);
  });

  it('names the activity that is none of the class after the action', () => {
    expect(eventOf(BARE)).toMatchObject({ activity_name: 'safe.unlock', type_name: 'API Activity: Other' });
  });

  it('holds against every text: one line, valid, and the texts are given back', () => {
    fc.assert(
      fc.property(hostileEntry, (entry) => {
        const line = ocsf.line(entry);
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/u);
        expect(faults(eventOf(entry), API_ACTIVITY)).toEqual([]);
        expect(eventOf(entry)['unmapped']).toMatchObject({ reason: entry.reason, fields: entry.fields });
      }),
    );
  });
});

describe('the schema of this test', () => {
  const event = eventOf(REFUSED);

  it.each([
    [{ ...event, severity_id: 7 }, '.severity_id may not be 7'],
    [{ ...event, time: '2026' }, '.time is no integer'],
    [{ ...event, actor: {} }, '.actor has none of process, user, session, application'],
    [{ ...event, api: {} }, '.api.operation is missing'],
    [{ ...event, extra: 1 }, '.extra is not in the schema'],
    [{ ...event, resources: {} }, '.resources is no list'],
  ])('can fail', (broken, fault) => {
    expect(faults(broken, API_ACTIVITY)).toEqual([fault]);
  });
});
