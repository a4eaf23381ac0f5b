/** How safe it all is: the log, the lockdown, what tokens need, what they were given, and the owner's rules. */
import type { OwnerStanding } from '../../gate/door.js';
import type { Area, ConsoleContext } from '../area.js';
import { page } from '../page.js';
import { Badge, Card, Notice } from '../part.js';
import { applyLeast, showAccess, showLeast } from './access.js';
import { compromise, showLeak, showLeaks, tick } from './leak.js';
import { lift, lockDown, showLockdown } from './lockdown.js';
import { showRecipes } from './recipe.js';
import { showRules } from './rule.js';
import { checkpoint, LogCard, logStateOf, verifyNow } from './verification.js';

/** At `/safety`. */
export const safety: Area = {
  path: '/safety',
  title: 'Safety',
  key: 's',
  register: (app) => {
    app.get('/safety', show);
    app.post('/safety/verify', verifyNow);
    app.post('/safety/checkpoint', checkpoint);
    app.get('/safety/lockdown', showLockdown).post(lockDown);
    app.post('/safety/lockdown/lift', lift);
    app.get('/safety/access', showAccess);
    app.get('/safety/access/:id', showLeast).post(applyLeast);
    app.get('/safety/compromised', showLeaks);
    app.get('/safety/compromised/:id', showLeak).post(compromise);
    app.post('/safety/compromised/:id/changed', tick);
    app.get('/safety/rules', showRules);
    app.get('/safety/recipes', showRecipes);
  },
};

async function show(c: ConsoleContext): Promise<Response> {
  const standing = await c.get('door').standing();
  const log = await logStateOf(c, standing.entries);
  return page(
    c,
    {
      title: 'Safety',
      lead: 'Whether the log is whole, and what to do where something is wrong.',
      styles: ['safety.css'],
    },
    <>
      {standing.lockdown ? (
        <Notice kind="bad" title="Lockdown: every token is refused everything.">
          <p>
            <a href="/safety/lockdown">Lift the lockdown</a>
          </p>
        </Notice>
      ) : null}
      {standing.compromised.length === 0 ? null : (
        <Notice kind="bad" title={`Compromised: ${standing.compromised.join(', ')}.`}>
          <p>
            <a href="/safety/compromised">What is still to be changed</a>
          </p>
        </Notice>
      )}
      <LogCard {...log} csrf={c.get('csrf')} now={c.get('now')} />
      <Places standing={standing} />
    </>,
  );
}

/** What else there is, each with what it is good for. */
function Places({ standing: { lockdown, compromised } }: { readonly standing: OwnerStanding }) {
  return (
    <Card title="What you can do">
      <ul class="places">
        <li>
          <a href="/safety/access">Unused access</a>
          <p class="muted">Grants that nobody used, and the least that each token needs.</p>
        </li>
        <li>
          <a href="/safety/compromised">Compromised tokens</a>{' '}
          {compromised.length === 0 ? null : <Badge tone="bad">{`${String(compromised.length)} open`}</Badge>}
          <p class="muted">What a token in the wrong hands was given, and where to change it.</p>
        </li>
        <li>
          <a href="/safety/lockdown">Lockdown</a> {lockdown ? <Badge tone="bad">on</Badge> : null}
          <p class="muted">Stop every token at once.</p>
        </li>
        <li>
          <a href="/safety/rules">Policies and decoys</a>
          <p class="muted">Which items need your word, where requests may carry them, and what is laid out as bait.</p>
        </li>
        <li>
          <a href="/safety/recipes">Recipes</a>
          <p class="muted">Commands and requests that tokens may run without seeing the secret.</p>
        </li>
      </ul>
    </Card>
  );
}
