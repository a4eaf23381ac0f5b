/** The console's two cookies. Browsers send cookies to every port of a host: the port is in their names. */
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { ConsoleContext } from './area.js';

const OPTIONS = { httpOnly: true, sameSite: 'Strict', path: '/' } as const;

/** `browser` ties a browser to the console; `session` is its half of the owner's session. */
export type CookieName = 'browser' | 'session';

function nameOf(c: ConsoleContext, name: CookieName): string {
  return `vouchsafe-${name}-${String(c.env.incoming.socket.localPort)}`;
}

export function readCookie(c: ConsoleContext, name: CookieName): string | undefined {
  return getCookie(c, nameOf(c, name));
}

/** Until the browser is closed. */
export function giveCookie(c: ConsoleContext, name: CookieName, value: string): void {
  setCookie(c, nameOf(c, name), value, OPTIONS);
}

export function takeCookie(c: ConsoleContext, name: CookieName): void {
  deleteCookie(c, nameOf(c, name), OPTIONS);
}
