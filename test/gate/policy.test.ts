/** The gate's decision, as lines that read like the policy, and as properties; every branch of it is run. */
import { Session } from 'node:inspector/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Consent, type Exposure, NO_USAGE, type Stopped } from '../../src/core/limit-check.js';
import { type Limits, NO_LIMITS } from '../../src/core/limits.js';
import { type Action, ACTIONS, ROLES, type Role, SCOPES, type Scope } from '../../src/core/model.js';
import { readNetwork } from '../../src/core/network.js';
import type * as Policy from '../../src/core/policy.js';
import type { Decision, PolicyGrant, Question, Refused, Target } from '../../src/core/policy.js';

const session = new Session();
session.connect();
let policy: typeof Policy;

beforeAll(async () => {
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  policy = await import('../../src/core/policy.js');
});

afterAll(() => session.disconnect());

const NOW = 1_000_000;

/** By a letter behind the role: what limits a grant has besides. */
const LIMITS: Readonly<Record<string, Partial<Limits>>> = {
  a: { reveal: 'approve' },
  n: { reveal: 'never' },
  f: { fields: ['pin'] },
  u: { maxUses: 1 },
  w: { reveal: 'approve', maxUses: 1 },
};

/**
 * `role:vault`, `role:vault/item`, `@ms` for an end and `.x` behind the role for {@link LIMITS}; `-` is no grant. Several
 * stand with `+` between them.
 */
function grantsOf(text: string): readonly PolicyGrant[] {
  if (text === '-') return [];
  return text.split('+').map((one, index) => {
    const [, role = '', limits = '', vault = '', item, end] =
      /^(\w+)(?:\.(\w))?:(\w+)(?:\/(\w+))?(?:@(-?\d+))?$/.exec(one) ?? [];
    return {
      id: `g${String(index)}`,
      vault,
      item: item === undefined ? null : `${vault}/${item}`,
      role: role as Role,
      notAfter: end === undefined ? null : NOW + Number(end),
      limits: { ...NO_LIMITS, ...LIMITS[limits] },
    };
  });
}

/** `none`, `vault` or `vault/item`. */
function targetOf(text: string): Target {
  if (text === 'none') return { kind: 'none' };
  const [vault = '', item] = text.split('/');
  return item === undefined ? { kind: 'vault', vault } : { kind: 'item', vault, item: text };
}

/**
 * decision · what pays or why not · scopes (* = not limited, - = none) · grants · action · target
 *
 * Behind the action: `!` a secret is shown, `~` it goes masked to a program, `_` it stays hidden; then `?` where a rule of
 * the owner's demands a word, `+` where that was given.
 */
const TABLE = `
allow -       *            -                          session.whoami  none
allow -       -            -                          session.whoami  none
allow -       totp         -                          session.whoami  none
allow -       *            -                          vault.list      none
allow -       read         viewer:v                   vault.list      none
deny  scope   write        viewer:v                   vault.list      none
allow -       *            -                          item.list       none
allow -       *            -                          item.search     none
deny  grant   *            manager:v                  item.read       none
deny  grant   *            manager:v                  item.totp       none
deny  grant   *            manager:v                  item.create     none
deny  grant   *            manager:v                  item.update     none
deny  grant   *            manager:v                  item.trash      none
deny  grant   *            manager:v                  item.restore    none
deny  scope   -            manager:v                  item.read       v/a

allow g0      *            viewer:v                   item.list       v
allow g0      *            viewer:v                   item.search     v
allow g0      *            viewer:v                   item.read       v/a
allow g0      *            viewer:v                   item.read!      v/a
allow g0      *            viewer:v                   item.totp       v/a
deny  role    *            viewer:v                   item.create     v
deny  role    *            viewer:v                   item.update     v/a
deny  role    *            viewer:v                   item.trash      v/a
deny  role    *            viewer:v                   item.restore    v/a

allow g0      *            editor:v                   item.create     v
allow g0      *            editor:v                   item.update     v/a
allow g0      *            editor:v                   item.trash      v/a
allow g0      *            editor:v                   item.restore    v/a
allow g0      *            editor:v                   item.read!      v/a
allow g0      *            manager:v                  item.create     v
allow g0      *            manager:v                  item.restore    v/a

deny  grant   *            -                          item.read       v/a
deny  grant   *            viewer:w                   item.read       v/a
deny  grant   *            manager:w                  item.list       v
deny  grant   *            viewer:v/b                 item.read       v/a
deny  grant   *            viewer:w/a                 item.read       v/a

allow g0      *            viewer:v/a                 item.read       v/a
allow g0      *            viewer:v/a                 item.read!      v/a
deny  grant   *            viewer:v/a                 item.list       v
deny  grant   *            manager:v/a                item.create     v
deny  role    *            viewer:v/a                 item.update     v/a
allow g0      *            editor:v/a                 item.update     v/a

allow g0      read         viewer:v                   item.read       v/a
deny  scope   read         viewer:v                   item.read!      v/a
allow g0      read,reveal  viewer:v                   item.read!      v/a
deny  scope   reveal       viewer:v                   item.read!      v/a
deny  scope   read,reveal  viewer:v                   item.totp       v/a
allow g0      totp         viewer:v                   item.totp       v/a
deny  scope   read         editor:v                   item.update     v/a
allow g0      write        editor:v                   item.update     v/a
deny  role    write        viewer:v                   item.update     v/a
deny  scope   use          manager:v                  item.read       v/a

allow g0      *            viewer:v@1                 item.read       v/a
deny  grant   *            viewer:v@0                 item.read       v/a
deny  grant   *            viewer:v@-1                item.read       v/a
allow g1      *            editor:v@0+viewer:v        item.read       v/a
deny  role    *            editor:v@0+viewer:v        item.update     v/a

allow g1      *            viewer:v+viewer:v/a        item.read       v/a
allow g0      *            viewer:v/a+viewer:v        item.read       v/a
allow g0      *            viewer:v+viewer:v/a        item.read       v/b
allow g0      *            editor:v+viewer:v/a        item.update     v/a
allow g1      *            viewer:v+viewer:v@9        item.read       v/a
allow g0      *            viewer:v@5+viewer:v@9      item.read       v/a
allow g1      *            viewer:v@9+viewer:v@5      item.read       v/a
allow g0      *            viewer:v+viewer:v          item.read       v/a
allow g0      *            viewer:v/a+viewer:v@5      item.read       v/a
allow g1      *            viewer:v/a@0+viewer:v      item.read       v/a

allow g0      *            editor:v                   item.move       v/a
allow g0      *            editor:v/a                 item.move       v/a
deny  role    *            viewer:v                   item.move       v/a
deny  scope   read         editor:v                   item.move       v/a
deny  role    *            editor:v                   item.delete     v/a
allow g0      *            manager:v                  item.delete     v/a
allow g0      *            manager:v/a                item.delete     v/a
deny  scope   read         manager:v                  item.delete     v/a
deny  role    *            editor:v                   vault.update    v
allow g0      *            manager:v                  vault.update    v
deny  grant   *            manager:v/a                vault.update    v
deny  scope   read         manager:v                  vault.update    v
allow -       *            -                          access.request  none
allow -       totp         viewer:v                   access.request  none
deny  action  *            manager:v                  vault.delete    v
deny  action  *            manager:v                  call.unknown    none
deny  action  *            manager:v                  token.create    none
deny  action  *            manager:v                  grant.create    v
deny  action  *            manager:v                  settings.set    none
deny  action  *            manager:v                  audit.export    none
deny  action  *            manager:v                  audit.export!   none

allow g0      *            viewer:v                   item.use        v/a
allow g0      *            viewer:v                   item.use!       v/a
allow g0      *            viewer:v                   item.use~       v/a
allow g0      *            viewer:v                   item.use_       v/a
allow g0      *            viewer:v/a                 item.use_       v/a
allow g0      *            viewer:v                   item.use        v
deny  grant   *            manager:v                  item.use        none
deny  grant   *            manager:v                  item.use_       none
deny  grant   *            -                          item.use_       v/a
deny  grant   *            manager:w                  item.use_       v/a
deny  grant   *            viewer:v/b                 item.use_       v/a
deny  grant   *            viewer:v@0                 item.use_       v/a
deny  scope   -            manager:v                  item.use_       v/a
deny  scope   read,reveal,totp,write manager:v        item.use_       v/a
allow g0      use          viewer:v                   item.use        v/a
allow g0      use          viewer:v                   item.use_       v/a
allow g0      use          viewer:v                   item.use~       v/a
deny  scope   use          manager:v                  item.use!       v/a
deny  scope   reveal       manager:v                  item.use!       v/a
deny  scope   read,use     manager:v                  item.use!       v/a
allow g0      use,reveal   viewer:v                   item.use!       v/a
deny  scope   use,reveal   viewer:v                   item.read       v/a
allow g0      read         viewer:v                   item.read_      v/a
allow g0      read         viewer:v                   item.read~      v/a

deny  reveal  *            viewer.n:v                 item.read!      v/a
deny  reveal  *            viewer.n:v                 item.read!+     v/a
deny  reveal  *            viewer.n:v                 item.use!       v/a
deny  reveal  *            viewer.n:v                 item.use~       v/a
allow g0      *            viewer.n:v                 item.use_       v/a
allow g0      *            viewer.n:v                 item.read       v/a
deny  approval *           viewer.a:v                 item.read!      v/a
deny  approval *           viewer.a:v                 item.use!       v/a
deny  approval *           viewer.a:v                 item.use~       v/a
allow g0      *            viewer.a:v                 item.use_       v/a
allow g0      *            viewer.a:v                 item.use        v/a
allow g0      *            viewer.a:v                 item.read       v/a
allow g0      *            viewer.a:v                 item.read!+     v/a
allow g0      *            viewer.a:v                 item.use~+      v/a
deny  role    *            viewer.a:v                 item.update     v/a
deny  approval *           viewer:v                   item.read!?     v/a
deny  approval *           viewer:v                   item.totp!?     v/a
deny  approval *           viewer:v                   item.use!?      v/a
deny  approval *           viewer:v                   item.use~?      v/a
deny  approval *           manager:v                  item.use_?      v/a
deny  approval *           viewer.n:v                 item.use_?      v/a
allow g0      *            viewer.n:v                 item.use_+      v/a
allow g0      *            viewer:v                   item.use_+      v/a
allow g0      *            viewer:v                   item.read!+     v/a
deny  approval *            viewer:v                   item.read?      v/a
deny  grant   *            -                          item.use_+      v/a
deny  role    *            viewer:v                   item.update!+   v/a
deny  scope   use          viewer:v                   item.use!+      v/a
deny  field   *            viewer.f:v                 item.read!+     v/a
deny  field   *            viewer.f:v                 item.use_+      v/a

allow g1      *            viewer.a:v/a+viewer:v      item.read!      v/a
allow g1      *            viewer.n:v/a+viewer:v      item.read!      v/a
deny  approval *           viewer.n:v/a+viewer.a:v    item.read!      v/a
deny  approval *           viewer.a:v/a+viewer.n:v    item.read!      v/a
allow g1      *            viewer.n:v/a+viewer.a:v    item.read!+     v/a
deny  approval *           viewer:v/a+viewer:v        item.use_?      v/a
`;

const EXPOSURES: readonly (readonly [mark: string, exposure: Exposure])[] = [
  ['!', 'shown'],
  ['~', 'masked'],
  ['_', 'hidden'],
];

interface Line {
  readonly text: string;
  readonly question: Question;
  readonly expected: string;
}

function scopesOf(text: string): readonly Scope[] | null {
  if (text === '*') return null;
  return text === '-' ? [] : (text.split(',') as Scope[]);
}

const lines: readonly Line[] = TABLE.split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [verdict, why, scopes = '', grants = '', action = '', target = ''] = line.trim().split(/\s+/);
    return {
      text: line.trim().replace(/\s+/g, ' '),
      expected: `${String(verdict)} ${String(why)}`,
      question: {
        action: action.replace(/[^a-z.]/g, '') as Action,
        scopes: scopesOf(scopes),
        grants: grantsOf(grants),
        target: targetOf(target),
        usage: new Map(),
        ...askedBy(action),
        from: 'anywhere',
        now: NOW,
      },
    };
  });

/** What the marks behind an action say. What stands nowhere is left out, as callers may. */
function askedBy(action: string): Pick<Question, 'secrets' | 'exposure' | 'consent'> {
  const marked = EXPOSURES.find(([mark]) => action.includes(mark));
  const isGiven = action.endsWith('+');
  const consent: Consent | undefined = /[?+]$/.test(action) ? { isDemanded: true, isGiven } : undefined;
  return {
    secrets: marked === undefined ? [] : ['password'],
    ...(marked === undefined || marked[0] === '!' ? {} : { exposure: marked[1] }),
    ...(consent === undefined ? {} : { consent }),
  };
}

function told(decision: Decision): string {
  return decision.allowed ? `allow ${decision.grant?.id ?? '-'}` : `deny ${decision.because}`;
}

test.each(lines)('$text', ({ question, expected }) => {
  expect(told(policy.authorize(question))).toBe(expected);
});

test('of grants that are equal the one with the lesser id pays, in whatever order they stand', () => {
  const [one, other] = grantsOf('viewer:v@5+viewer:v@5');
  if (one === undefined || other === undefined) throw new Error('no grants');
  const question = {
    action: 'item.read' as const,
    scopes: null,
    target: targetOf('v/a'),
    usage: new Map(),
    secrets: [],
    from: 'anywhere' as const,
    now: NOW,
  };
  for (const grants of [
    [one, other],
    [other, one],
  ])
    expect(told(policy.authorize({ ...question, grants }))).toBe('allow g0');
});

test('every action is decided in the table or refused to everyone', () => {
  const allowed = new Set(
    lines.filter(({ expected }) => expected.startsWith('allow')).map(({ question }) => question.action),
  );
  for (const action of ACTIONS) {
    if (allowed.has(action)) continue;
    const [grants, from] = [grantsOf('manager:v'), 'anywhere' as const];
    const question = { action, scopes: null, grants, usage: new Map(), secrets: [], from, now: NOW };
    for (const target of ['none', 'v', 'v/a'])
      expect(told(policy.authorize({ ...question, target: targetOf(target) }))).toBe('deny action');
  }
});

test('of refusals the one is told that opens first: by the owner, by itself, never; and what is no limit last', () => {
  const stopped = (by: Stopped['by'], opensAt: number | null = null): Refused => ({
    ...{ allowed: false, because: by, grant: someGrant(), stopped: { by, opensAt } },
  });
  const inOrder: readonly Refused[] = [
    stopped('approval'),
    stopped('rate', NOW + 5),
    stopped('hours', NOW + 9),
    stopped('uses'),
    { allowed: false, because: 'grant' },
  ];
  inOrder.forEach((first, n) => {
    for (const later of inOrder.slice(n + 1)) {
      expect(policy.nearestOf([first, later])).toBe(first);
      expect(policy.nearestOf([later, first])).toBe(first);
    }
  });
  const [one, other] = [stopped('reveal'), stopped('field')];
  expect(policy.nearestOf([one, other])).toBe(one);
  expect(policy.nearestOf([stopped('uses'), one]).because).toBe('uses');
});

test('of grants that stop a call the one is named that the owner, or time, opens', () => {
  const grants = grantsOf('viewer.u:v/a+viewer.a:v');
  const question = {
    ...{ action: 'item.read' as const, scopes: null, target: targetOf('v/a'), secrets: ['password'], now: NOW },
    from: 'anywhere' as const,
    usage: new Map(grants.map(({ id }) => [id, { ...NO_USAGE, uses: 1 }])),
  };
  expect(told(policy.authorize({ ...question, grants }))).toBe('deny approval');
  expect(told(policy.authorize({ ...question, grants: grantsOf('viewer.w:v/a+viewer.n:v') }))).toBe('deny uses');
});

function someGrant(): PolicyGrant {
  const [grant] = grantsOf('viewer:v');
  if (grant === undefined) throw new Error('no grant');
  return grant;
}

const listed: [action: Action, scopes: string, role: Role, shown: boolean][] = [
  ['session.whoami', '-', 'viewer', true],
  ['item.read', '*', 'viewer', true],
  ['item.read', 'read', 'viewer', true],
  ['item.read', 'write', 'manager', false],
  ['item.totp', 'read', 'viewer', false],
  ['item.totp', 'totp', 'viewer', true],
  ['item.create', '*', 'viewer', false],
  ['item.create', '*', 'editor', true],
  ['item.create', 'write', 'manager', true],
  ['item.create', 'read', 'editor', false],
  ['item.delete', '*', 'manager', true],
  ['item.delete', '*', 'editor', false],
  ['vault.update', 'read', 'manager', false],
  ['access.request', '-', 'viewer', true],
  ['item.use', '*', 'viewer', true],
  ['item.use', 'use', 'viewer', true],
  ['item.use', 'read,reveal,totp,write', 'manager', false],
  ['item.use', '-', 'manager', false],
  ['token.create', '*', 'manager', false],
];

test.each(listed)('%s with scopes %s as %s is listed: %s', (action, scopes, role, shown) => {
  expect(policy.mayEver(action, scopesOf(scopes), role)).toBe(shown);
});

const vault = fc.constantFrom('v', 'w');
const OFFICE = readNetwork('', '10.0.0.0/8');
const FROM = [
  'anywhere' as const,
  { address: '10.1.2.3', client: 'Codex' },
  { address: '192.0.2.1', client: 'codex' },
  { address: null, client: 'other' },
];
const item = fc.tuple(vault, fc.constantFrom('a', 'b')).map(([v, i]) => ({ vault: v, item: `${v}/${i}` }));
const grant: fc.Arbitrary<PolicyGrant> = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    place: fc.oneof(
      vault.map((v) => ({ vault: v, item: null })),
      item,
    ),
    role: fc.constantFrom(...ROLES),
    notAfter: fc.option(fc.integer({ min: NOW - 3, max: NOW + 3 })),
    reveal: fc.constantFrom('allow' as const, 'allow' as const, 'approve' as const, 'never' as const),
    cidr: fc.constantFrom(null, null, [OFFICE]),
    clients: fc.constantFrom(null, null, ['codex']),
  })
  .map(({ place, reveal, cidr, clients, ...rest }) => ({
    ...rest,
    ...place,
    limits: { ...NO_LIMITS, reveal, cidr, clients },
  }));
const target: fc.Arbitrary<Target> = fc.oneof(
  fc.constant<Target>({ kind: 'none' }),
  vault.map((v): Target => ({ kind: 'vault', vault: v })),
  item.map((place): Target => ({ kind: 'item', ...place })),
);
const EXPOSED: readonly Exposure[] = ['hidden', 'masked', 'shown'];
const consent = fc.record({ isDemanded: fc.boolean(), isGiven: fc.boolean() });
const question: fc.Arbitrary<Question & { exposure: Exposure; consent: Consent }> = fc.record({
  action: fc.constantFrom(...ACTIONS),
  scopes: fc.option(fc.subarray([...SCOPES])),
  grants: fc.array(grant, { maxLength: 5 }),
  target,
  usage: fc.constant(new Map()),
  secrets: fc.subarray(['password', 'pin']),
  exposure: fc.constantFrom(...EXPOSED),
  consent,
  from: fc.constantFrom(...FROM),
  now: fc.integer({ min: NOW - 2, max: NOW + 2 }),
});

describe('properties', () => {
  test('one more grant never refuses what was allowed', () => {
    fc.assert(
      fc.property(question, grant, (asked, more) => {
        const wider = policy.authorize({ ...asked, grants: [...asked.grants, more] });
        if (policy.authorize(asked).allowed) expect(wider.allowed).toBe(true);
      }),
    );
  });

  test('one grant fewer never allows what was refused', () => {
    fc.assert(
      fc.property(question, fc.nat(), (asked, which) => {
        const fewer = asked.grants.filter((_, index) => index !== which % Math.max(1, asked.grants.length));
        if (!policy.authorize(asked).allowed) expect(policy.authorize({ ...asked, grants: fewer }).allowed).toBe(false);
      }),
    );
  });

  test('fewer scopes, a weaker role, a nearer end and a later moment never allow more', () => {
    fc.assert(
      fc.property(question, fc.constantFrom(...SCOPES), fc.nat({ max: 3 }), (asked, lost, later) => {
        if (policy.authorize(asked).allowed) return;
        const scopes = (asked.scopes ?? SCOPES).filter((scope) => scope !== lost);
        expect(policy.authorize({ ...asked, scopes }).allowed).toBe(false);
        expect(policy.authorize({ ...asked, now: asked.now + later }).allowed).toBe(false);
        expect(policy.authorize({ ...asked, secrets: ['password'] }).allowed).toBe(false);
        const weaker = asked.grants.map((one) => ({
          ...one,
          role: 'viewer' as const,
          notAfter: Math.min(one.notAfter ?? NOW, NOW),
        }));
        expect(policy.authorize({ ...asked, grants: weaker }).allowed).toBe(false);
      }),
    );
  });

  test('more exposure, a rule of the owner’s and a word not given never allow more', () => {
    fc.assert(
      fc.property(question, fc.constantFrom(...EXPOSED), (asked, other) => {
        if (policy.authorize(asked).allowed) return;
        const more = EXPOSED.indexOf(other) >= EXPOSED.indexOf(asked.exposure) ? other : asked.exposure;
        expect(policy.authorize({ ...asked, exposure: more }).allowed).toBe(false);
        const { isDemanded, isGiven } = asked.consent;
        expect(policy.authorize({ ...asked, consent: { isDemanded: true, isGiven } }).allowed).toBe(false);
        expect(policy.authorize({ ...asked, consent: { isDemanded, isGiven: false } }).allowed).toBe(false);
      }),
    );
  });

  test('the owner’s word opens nothing but what waits for it alone', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const { isDemanded } = asked.consent;
        const without = policy.authorize({ ...asked, consent: { isDemanded, isGiven: false } });
        const given = policy.authorize({ ...asked, consent: { isDemanded, isGiven: true } });
        expect(given.allowed).toBe(without.allowed || without.because === 'approval');
      }),
    );
  });

  test('what no rule and no grant lets be used without a word is never used without one', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const decision = policy.authorize({ ...asked, secrets: ['password'] });
        if (!decision.allowed || asked.target.kind === 'none' || asked.consent.isGiven) return;
        expect(asked.consent.isDemanded).toBe(false);
        if (asked.exposure !== 'hidden') expect(decision.grant?.limits.reveal).toBe('allow');
      }),
    );
  });

  test('what is allowed is paid by a live grant that reaches the target with the role, and none is narrower', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const decision = policy.authorize(asked);
        if (!decision.allowed) return;
        const paying = decision.grant;
        if (asked.target.kind === 'none') {
          expect(paying).toBeNull();
          return;
        }
        if (paying === null) throw new Error('nobody pays');
        expect(asked.grants).toContain(paying);
        expect(paying.notAfter === null || asked.now < paying.notAfter).toBe(true);
        expect(paying.vault).toBe(asked.target.vault);
        if (asked.target.kind === 'vault') expect(paying.item).toBeNull();
        else expect([null, asked.target.item]).toContain(paying.item);
        const alone = policy.authorize({ ...asked, grants: [paying] });
        expect(alone).toEqual(decision);
        const rivals = asked.grants.filter(
          (other) => other.item !== null && policy.authorize({ ...asked, grants: [other] }).allowed,
        );
        if (paying.item === null) expect(rivals).toEqual([]);
      }),
    );
  });

  test('the order of the grants changes nothing but between equals', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const one = policy.authorize(asked);
        const other = policy.authorize({ ...asked, grants: [...asked.grants].reverse() });
        expect(other.allowed).toBe(one.allowed);
        const width = (decision: Decision): unknown =>
          decision.allowed ? [decision.grant?.item, decision.grant?.notAfter] : decision.because;
        expect(width(other)).toEqual(width(one));
      }),
    );
  });

  test('an action that is none is refused, whatever is granted', () => {
    fc.assert(
      fc.property(
        question,
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty')),
        (asked, action) => {
          fc.pre(!(ACTIONS as readonly string[]).includes(action));
          expect(policy.authorize({ ...asked, action: action as Action }).allowed).toBe(false);
          expect(policy.mayEver(action as Action, null, 'manager')).toBe(false);
        },
      ),
    );
  });

  test('a tool that is not listed for any of a token’s roles is never allowed', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const roles = [...asked.grants.map(({ role }) => role), 'viewer' as const];
        const isShown = roles.some((role) => policy.mayEver(asked.action, asked.scopes, role));
        if (!isShown) expect(policy.authorize(asked).allowed).toBe(false);
      }),
    );
  });
});

test('every branch of the policy was run by the tests above', async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const script = result.find(({ url }) => url.endsWith('/core/policy.ts'));
  expect(script).toBeDefined();
  const names = [
    ...['isAtLeast', 'needOf', 'reaches', 'byNarrowness', 'width', 'end', 'authorize', 'mayEver'],
    ...['withinLimits', 'nearestOf', 'rankOf'],
  ];
  const own = (script?.functions ?? []).filter(({ functionName }) => names.includes(functionName));
  expect([...new Set(own.map(({ functionName }) => functionName))].sort()).toEqual([...names].sort());
  const neverRun = own.flatMap(({ functionName, ranges }) =>
    ranges.filter(({ count }) => count === 0).map((range) => ({ functionName, ...range })),
  );
  expect(neverRun).toEqual([]);
});
