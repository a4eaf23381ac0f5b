/** The master password, wherever it is typed: one at a time is tried, and who tries too often waits ever longer. */
import { Refusal } from '../core/refusal.js';
import type { OwnerDoor } from '../gate/door.js';
import { clockOf, type ConsoleSetting, openConsoleDoor } from './setting.js';
import { Turnstile } from './turnstile.js';

/**
 * Does the work with a door that the password opened, and closes it. Throws `locked` for a wrong password, and
 * `limit_reached` where too many were wrong just now or too many are being tried.
 */
export type WithPassword = <T>(password: string, work: (door: OwnerDoor) => Promise<T>) => Promise<T>;

/** The one way in by password of a console; all of its pages share the waits. */
export function withPasswordOn(setting: ConsoleSetting): WithPassword {
  const turnstile = new Turnstile(clockOf(setting));
  return async (password, work) =>
    turnstile.pass(async () => {
      const door = await openConsoleDoor(setting, { password }).catch((error: unknown) => {
        if (!(error instanceof Refusal && error.code === 'locked')) throw error;
        turnstile.failed();
        throw new Refusal('locked', { message: 'That is not the master password.' });
      });
      turnstile.succeeded();
      try {
        return await work(door);
      } finally {
        await door.close();
      }
    });
}
