/** The page that shows a token, once: directly in answer to what made it. */
import type { NewTokenShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { page } from '../page.js';
import { Card, Copy, Facts, Notice } from '../part.js';
import { Time } from '../time.js';
import { placeText } from './grant.js';
import { pathOf, STYLES } from './named.js';
import { AgentSetup } from './setup.js';

/** Answers with the token. It is nowhere else, and no other page shows it. */
export async function showIssued(c: ConsoleContext, token: NewTokenShape, title: string): Promise<Response> {
  const { id, name, agent, grants } = token;
  return page(
    c,
    {
      title,
      parent: { href: '/tokens', title: 'Tokens' },
      styles: STYLES,
      scripts: ['issued.js'],
      actions: (
        <a class="button" href={pathOf(id)} data-issued={pathOf(id)}>
          Done, to {name}
        </a>
      ),
    },
    <>
      <Card title="Shown once">
        <Notice kind="warn" title="Copy it now. It is not shown again.">
          <p>Whoever has it can do all that it allows, until it ends or you freeze or delete it.</p>
        </Notice>
        <Copy text={token.token} what="the token" long />
        <Facts
          rows={[
            ['Ends', <Time at={token.expires_at} now={c.get('now')} />],
            ['Reaches', <Reach token={token} />],
          ]}
        />
      </Card>
      {agent ? <AgentSetup ports={c.get('site').ports} name={name} grants={grants} /> : <Use />}
    </>,
  );
}

function Reach({ token: { id, grants } }: { readonly token: NewTokenShape }) {
  return (
    <>
      {grants.length === 0
        ? 'Nothing yet. '
        : `${grants.map((grant) => `${placeText(grant)} (${grant.role})`).join(', ')}. `}
      <a href={pathOf(id, 'access')}>Manage access</a>
    </>
  );
}

function Use() {
  return (
    <Card title="Use it">
      <p>
        Keep it where only its user can read it, and give it to the program in the variable{' '}
        <code>VOUCHSAFE_PERSONAL_ACCESS_TOKEN</code>.
      </p>
      <Copy text="vouchsafe login" what="the command that signs in with it" />
    </Card>
  );
}
