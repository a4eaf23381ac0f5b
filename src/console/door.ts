/** Behind the lock: each request opens the owner's door with the browser's session, and closes it after the answer. */
import { createMiddleware } from 'hono/factory';
import type { MiddlewareHandler } from 'hono';
import { Refusal } from '../core/refusal.js';
import type { OwnerDoor } from '../gate/door.js';
import type { ConsoleContext, ConsoleEnv } from './area.js';
import type { BrowserSession } from './browser.js';
import { readCookie } from './cookie.js';
import { ownPath } from './form.js';
import { type ConsoleSetting, openConsoleDoor } from './setting.js';

/** Scripts that ask by themselves send it: what nobody did must not count as the owner being there. */
export const BACKGROUND = 'X-Background';

/** Opens the door for what follows, or leads to the page that unlocks. */
export function behindLock(setting: ConsoleSetting): MiddlewareHandler<ConsoleEnv> {
  return createMiddleware<ConsoleEnv>(async (c, next) => {
    const browser = c.get('browser');
    const session = browser.session(readCookie(c, 'session'));
    if (session === null) return toUnlock(c);
    const door = await openOrLock(c, setting, session);
    if (door === null) return toUnlock(c);
    if (c.req.header(BACKGROUND) === undefined) browser.touch(c.get('now'));
    const open: Promise<unknown>[] = [];
    c.set('door', door);
    c.set('locked', session.locked);
    c.set('keepOpen', (work) => void open.push(work));
    try {
      await next();
    } finally {
      if (open.length === 0) await door.close();
      else void Promise.allSettled(open).then(async () => door.close());
    }
    return undefined;
  });
}

/** Null where the session has ended: by its time, or by `vouchsafe lock`. */
async function openOrLock(
  c: ConsoleContext,
  setting: ConsoleSetting,
  session: BrowserSession,
): Promise<OwnerDoor | null> {
  try {
    return await openConsoleDoor(setting, { session: session.value }, session.memory);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'locked')) throw error;
    c.get('browser').lock('elsewhere');
    return null;
  }
}

function toUnlock(c: ConsoleContext): Response {
  if (c.req.header(BACKGROUND) !== undefined) {
    return c.json({ error: { code: 'locked', message: 'The console is locked.' } }, 401);
  }
  const { pathname, search } = new URL(c.req.url);
  const to = c.req.method === 'GET' ? ownPath(pathname + search) : '/';
  return c.redirect(to === '/' ? '/unlock' : `/unlock?to=${encodeURIComponent(to)}`, 303);
}
