/** The app: what every request goes through, in this order, and the areas. */
import { Hono } from 'hono';
import { activity } from './activity/activity.js';
import type { Area, ConsoleApp, ConsoleEnv } from './area.js';
import { serveAssets } from './asset.js';
import type { BrowserTie } from './browser.js';
import { behindLock } from './door.js';
import { registerLink, registerLock, tiedOnly } from './entrance.js';
import { guard, securityHeaders } from './guard.js';
import { help } from './help/help.js';
import { inbox } from './inbox/inbox.js';
import { overview } from './overview/overview.js';
import { withPasswordOn } from './password.js';
import { answerNotFound, answerProblem } from './problem.js';
import { safety } from './safety/safety.js';
import { clockOf, type ConsoleSetting, endSessionsFrom, idleOf, lockDownFrom } from './setting.js';
import { settings } from './settings/settings.js';
import { tokens } from './tokens/tokens.js';
import { vaults } from './vaults/vaults.js';

/** Every area, in the order of the navigation. */
export const AREAS: readonly Area[] = [overview, vaults, tokens, activity, inbox, safety, settings, help];

/** The console's pages for the browser that is tied to it. */
export function createApp(setting: ConsoleSetting, tie: BrowserTie, areas: readonly Area[] = AREAS): ConsoleApp {
  const app: ConsoleApp = new Hono<ConsoleEnv>();
  const clock = clockOf(setting);
  const idleMs = idleOf(setting);
  app.onError(answerProblem);
  app.notFound(answerNotFound);
  app.use(securityHeaders);
  app.use(async (c, next) => {
    c.set('now', clock());
    c.set('site', site);
    await next();
  });
  app.use(guard);
  const lockDown = async (): Promise<void> => lockDownFrom(setting);
  const endSessions = async (): Promise<number> => endSessionsFrom(setting);
  const { places, ports } = setting;
  const withPassword = withPasswordOn(setting);
  const site = { areas, ports, asset: serveAssets(app), idleMs, lockDown, places, withPassword, endSessions };
  registerLink(app, tie);
  app.use(tiedOnly(tie, idleMs));
  registerLock(app);
  app.use(behindLock(setting));
  for (const area of areas) area.register(app);
  return app;
}
