/** How a browser comes in: the link that works once, the master password, and the lock. */
import { createMiddleware } from 'hono/factory';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Refusal } from '../core/refusal.js';
import { endSession } from '../gate/owner-session.js';
import type { ConsoleApp, ConsoleContext, ConsoleEnv } from './area.js';
import type { BrowserTie, LockedBy } from './browser.js';
import { giveCookie, readCookie, takeCookie } from './cookie.js';
import { BACKGROUND } from './door.js';
import { LonePage } from './document.js';
import { Field, Form, FormActions } from './field.js';
import { Faults, ownPath, readForm } from './form.js';
import { html } from './page.js';
import { Notice } from './part.js';
import { statusOf } from './problem.js';
import { SESSION_MS } from './setting.js';

/** The pages that the link leads to. To ask for one spends nothing: programs that look ahead must not use it up. */
export function registerLink(app: ConsoleApp, tie: BrowserTie): void {
  app.get('/open/:secret', async (c) => {
    if (tie.isLink(c.req.param('secret'))) return openingPage(c);
    return tie.find(readCookie(c, 'browser')) === null ? strangerPage(c) : c.redirect('/', 303);
  });
  app.post('/open/:secret', async (c) => {
    const browser = tie.spend(c.req.param('secret'));
    if (browser === null) return strangerPage(c);
    giveCookie(c, 'browser', browser.cookie);
    takeCookie(c, 'session');
    return c.redirect('/', 303);
  });
}

async function openingPage(c: ConsoleContext): Promise<Response> {
  return html(
    c,
    <LonePage title="Open the console" asset={c.get('site').asset} scripts={['open.js']}>
      <p>This link works once, in one browser: this one, if you go on.</p>
      <form method="post" action={c.req.path} id="open">
        <FormActions submit="Open the console" />
      </form>
    </LonePage>,
  );
}

/** Shows nothing but that it is not the browser. */
async function strangerPage(c: ConsoleContext): Promise<Response> {
  return html(
    c,
    <LonePage title="Not this browser" asset={c.get('site').asset}>
      <p>The console belongs to the browser that opened its link first, and that is not this one, or not any more.</p>
      <p>
        If you did not open it elsewhere, somebody else did: end the console with Ctrl-C. Without the master password
        they have seen nothing.
      </p>
      <p class="muted">For a new link, press Enter in the terminal that the console runs in, or start it again.</p>
    </LonePage>,
    403,
  );
}

/** Lets the tied browser alone go on; each POST must carry the token of its forms. */
export function tiedOnly(tie: BrowserTie, idleMs: number) {
  return createMiddleware<ConsoleEnv>(async (c, next) => {
    tie.lockIdle(c.get('now'), idleMs);
    const browser = tie.find(readCookie(c, 'browser'));
    if (browser === null) return strangerPage(c);
    c.set('browser', browser);
    c.set('csrf', browser.csrf);
    if (c.req.method === 'POST') {
      const given = c.req.header('x-csrf') ?? (await readForm(c)).exact('csrf');
      if (!browser.isCsrf(given))
        throw new Refusal('forbidden', {
          message: 'The form is too old, or was not made by this console. Nothing was done.',
          next: 'Go back, load the page again, and send it once more.',
        });
    }
    await next();
    return undefined;
  });
}

/** The page that unlocks, what it sends, and the lock. */
export function registerLock(app: ConsoleApp): void {
  app.get('/unlock', async (c) => {
    const to = ownPath(c.req.query('to') ?? '/');
    if (isUnlocked(c)) return c.redirect(to, 303);
    return unlockPage(c, { to, faults: new Faults() });
  });
  app.post('/unlock', async (c) => {
    const form = await readForm(c);
    const [to, password] = [ownPath(form.text('to')), form.exact('password')];
    const faults = new Faults();
    if (password === '') faults.add('password', 'Type the master password.');
    if (faults.areAny) return unlockPage(c, { to, faults, status: 422 });
    try {
      await unlock(c, password);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      faults.take(error, error.code === 'locked' || error.code === 'limit_reached' ? 'password' : undefined);
      return unlockPage(c, { to, faults, status: error.code === 'locked' ? 422 : statusOf(error) });
    }
    return c.redirect(to, 303);
  });
  app.post('/lock', (c) => {
    c.get('browser').lock('owner');
    takeCookie(c, 'session');
    return c.redirect('/unlock', 303);
  });
  app.get('/session', (c) => {
    const { idleMs } = c.get('site');
    const browser = c.get('browser');
    if (c.req.header(BACKGROUND) === undefined && isUnlocked(c)) browser.touch(c.get('now'));
    return c.json({ left_ms: isUnlocked(c) ? browser.idleLeft(c.get('now'), idleMs) : null });
  });
}

function isUnlocked(c: ConsoleContext): boolean {
  return c.get('browser').session(readCookie(c, 'session')) !== null;
}

async function unlock(c: ConsoleContext, password: string): Promise<void> {
  const { withPassword, places } = c.get('site');
  await withPassword(password, async (door) => {
    const { session, checkpoint } = await door.unlock(SESSION_MS);
    // unlocking verifies first
    c.get('browser').noteVerified({ seq: checkpoint.seq, at: c.get('now') });
    const end = (value: string): void => endSession(places, door.safeId, value);
    giveCookie(c, 'session', c.get('browser').unlock(session.value, { now: c.get('now'), end }));
  });
}

const LOCKED_WORDS: Readonly<Record<LockedBy, string | null>> = {
  start: null,
  owner: 'Locked.',
  idle: null,
  elsewhere: 'The session was ended. Unlock to go on.',
  password: 'The master password is changed, and every session was ended. Unlock with the new one.',
};

interface UnlockPage {
  readonly to: string;
  readonly faults: Faults;
  readonly status?: ContentfulStatusCode;
}

async function unlockPage(c: ConsoleContext, { to, faults, status = 200 }: UnlockPage): Promise<Response> {
  const words = faults.areAny ? null : lockedWords(c);
  return html(
    c,
    <LonePage title="Unlock" asset={c.get('site').asset} scripts={['focus.js']}>
      {words === null ? null : <Notice>{words}</Notice>}
      <Form csrf={c.get('csrf')} action="/unlock" faults={faults}>
        <input type="hidden" name="to" value={to} />
        <Field
          name="password"
          label="Master password"
          type="password"
          autocomplete="current-password"
          autofocus
          required
          faults={faults}
        />
        <FormActions submit="Unlock" />
      </Form>
    </LonePage>,
    status,
  );
}

function lockedWords(c: ConsoleContext): string | null {
  const by = c.get('browser').lockedBy;
  const minutes = Math.round(c.get('site').idleMs / 60_000);
  return by === 'idle' ? `Locked after ${String(minutes)} minutes without you.` : LOCKED_WORDS[by];
}
