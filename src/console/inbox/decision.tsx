/** One request, and the two forms that decide it: approve with the least first, or deny with words. */
import type { InboxCardShape } from '../../core/inbox-shapes.js';
import type { ConsoleContext } from '../area.js';
import { Field, Form, FormActions, Select } from '../field.js';
import { done, Faults, readForm, type Sent } from '../form.js';
import { page } from '../page.js';
import { Card } from '../part.js';
import { asksLine, Before, LastUses, RequestFacts, StateBadge } from './card.js';
import { leastTerms, readApproval, rolesUpTo } from './terms.js';

interface Deciding {
  readonly card: InboxCardShape;
  /** What stands in the form of approval. */
  readonly terms: Sent;
  readonly approving?: Faults;
  readonly denying?: Faults;
}

function idOf(c: ConsoleContext): string {
  return c.req.param('id') ?? '';
}

/** The page of a request. Throws `not_found` for one that there is not. */
export async function showRequest(c: ConsoleContext): Promise<Response> {
  const card = await c.get('door').showRequest(idOf(c));
  return decisionPage(c, { card, terms: leastTerms(card) });
}

/** Approves with the terms of the form, or shows it again with what is wrong. */
export async function approve(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const form = await readForm(c);
  const card = await door.showRequest(idOf(c));
  if (card.state !== 'pending') return tooLate(c, card);
  const faults = new Faults();
  const approval = readApproval(card, form, { faults, now: c.get('now') });
  if (!faults.areAny) {
    try {
      const { request } = await door.approveRequest(card.id, approval);
      return done(c, '/inbox', `Approved for ${request.token.name}: it ${asksLine(request)}.`);
    } catch (error) {
      faults.take(error);
    }
  }
  return decisionPage(c, { card, terms: form, approving: faults });
}

/** Denies with the words of the form, which the agent is told; they must be there. */
export async function deny(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const because = (await readForm(c)).text('because');
  const card = await door.showRequest(idOf(c));
  if (card.state !== 'pending') return tooLate(c, card);
  const faults = new Faults();
  if (because === '') faults.add('because', 'Say why: the agent is told, and can do better.');
  else {
    try {
      await door.denyRequest(card.id, because);
      return done(c, '/inbox', `Denied. ${card.token.name} is told why when it asks.`);
    } catch (error) {
      faults.take(error);
    }
  }
  return decisionPage(c, { card, terms: leastTerms(card), denying: faults });
}

/** Decided meanwhile, or expired: the page of the request says what became of it. */
function tooLate(c: ConsoleContext, { id, state }: InboxCardShape): Response {
  c.get('browser').flash({ kind: 'fault', text: `The request is ${state} already.` });
  return c.redirect(`/inbox/${id}`, 303);
}

async function decisionPage(c: ConsoleContext, deciding: Deciding): Promise<Response> {
  const { card, approving, denying } = deciding;
  const now = c.get('now');
  const isWrong = approving?.areAny === true || denying?.areAny === true;
  const csrf = c.get('csrf');
  return page(
    c,
    {
      title: card.kind === 'use' ? 'A use to approve' : 'Access that is asked for',
      lead: `${card.token.name} ${asksLine(card)}.`,
      parent: { href: '/inbox', title: 'Inbox' },
      styles: ['inbox.css'],
      scripts: ['inbox.js'],
      ...(isWrong ? { status: 422 } : {}),
    },
    <>
      <Card title="Request" actions={<StateBadge state={card.state} />}>
        <RequestFacts card={card} now={now} />
        <Before card={card} now={now} />
      </Card>
      {card.kind === 'use' && card.last_uses.length > 0 ? (
        <Card title="Its last uses of a secret" flush>
          <LastUses card={card} now={now} />
        </Card>
      ) : null}
      {card.state === 'pending' ? (
        <div class="decision">
          <Approving csrf={csrf} {...deciding} />
          <Denying csrf={csrf} {...deciding} />
        </div>
      ) : null}
    </>,
  );
}

interface FormProps extends Deciding {
  readonly csrf: string;
}

function Approving({ csrf, card, terms, approving: faults = new Faults() }: FormProps) {
  return (
    <Card title="Approve" id="approve">
      <Form csrf={csrf} action={`/inbox/${card.id}/approve`} faults={faults} id="approve-form">
        {card.kind === 'use' ? (
          <UseFields terms={terms} faults={faults} />
        ) : (
          <AccessFields card={card} terms={terms} faults={faults} />
        )}
        <Field name="words" label="Words for the agent (optional)" value={terms.text('words')} faults={faults} />
        <FormActions submit="Approve" />
        <KeyHint letter="a" what="approves with what stands here" />
      </Form>
    </Card>
  );
}

function Denying({ csrf, card, denying: faults = new Faults() }: FormProps) {
  return (
    <Card title="Deny" id="deny">
      <Form csrf={csrf} action={`/inbox/${card.id}/deny`} faults={faults}>
        <Field
          name="because"
          label="Why not"
          hint="The agent is told these words: say what it should do instead."
          lines={3}
          required
          faults={faults}
        />
        <FormActions submit="Deny" tone="danger" />
        <KeyHint letter="d" what="leads to these words" />
      </Form>
    </Card>
  );
}

function KeyHint({ letter, what }: { readonly letter: string; readonly what: string }) {
  return (
    <p class="hint key-hint">
      <kbd>{letter}</kbd> {what}
    </p>
  );
}

interface FieldsProps {
  readonly terms: Sent;
  readonly faults: Faults;
}

function UseFields({ terms, faults }: FieldsProps) {
  return (
    <>
      <Field
        name="uses"
        label="How often"
        hint="1 lets exactly this call pass once."
        type="number"
        value={terms.text('uses')}
        faults={faults}
      />
      <Field
        name="for"
        label="For how long"
        hint="From now on, at most a day: 10min, 1h, 1d."
        value={terms.text('for')}
        options={['10min', '30min', '1h', '8h', '1d']}
        faults={faults}
      />
    </>
  );
}

function AccessFields({ card, terms, faults }: FieldsProps & { readonly card: InboxCardShape & { kind: 'access' } }) {
  const { asked } = card;
  return (
    <>
      <PlaceFields card={card} terms={terms} faults={faults} />
      <Select
        name="role"
        label="Role"
        hint={`It asks for ${asked.role}.`}
        choices={rolesUpTo(asked.role).map((role) => [role, role])}
        value={terms.text('role')}
        faults={faults}
      />
      <Field
        name="expiration"
        label="Ends after"
        hint={asked.expiration === undefined ? 'It asks for no end.' : `It asks for ${asked.expiration}.`}
        value={terms.text('expiration')}
        options={['1h', '1d', '7d', '30d']}
        faults={faults}
      />
      <Field
        name="max_uses"
        label="How many uses at most (optional)"
        type="number"
        value={terms.text('max_uses')}
        faults={faults}
      />
    </>
  );
}

/** Where it is clear what the words mean, exactly that is given, whatever is called so later. */
function PlaceFields({ card, terms, faults }: FieldsProps & { readonly card: InboxCardShape & { kind: 'access' } }) {
  const { asked, means } = card;
  const { vault, item } = means;
  if (vault !== null && item !== null)
    return (
      <>
        <input type="hidden" name="vault" value={vault.id} />
        <input type="hidden" name="item" value={item.id} />
      </>
    );
  return (
    <>
      {vault === null ? (
        <Field
          name="vault"
          label="Vault"
          hint={`It says: ${asked.vault ?? 'no vault'}. By name or id.`}
          value={terms.text('vault')}
          faults={faults}
        />
      ) : (
        <input type="hidden" name="vault" value={vault.id} />
      )}
      <Field
        name="item"
        label={asked.item === undefined ? 'Only this item (optional)' : 'Item'}
        hint={asked.item === undefined ? 'By title or id. Empty: the whole vault.' : `It says: ${asked.item}.`}
        value={terms.text('item')}
        faults={faults}
      />
    </>
  );
}
