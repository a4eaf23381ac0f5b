/** An owner's door without a safe behind it: it has the methods that a test gives, and remembers what it was asked. */
import type { OwnerDoor } from '../../src/gate/door.ts';

/**
 * A door with these methods alone; whatever else is asked of it throws. Each call is added to `calls`: the method, then
 * its arguments without callbacks, and what is undefined.
 */
export function fakeOwner(methods: Partial<OwnerDoor>, calls: unknown[][] = []): OwnerDoor {
  return new Proxy(methods, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      // what is awaited is asked for it
      if (name === 'then') return undefined;
      if (typeof method !== 'function') throw new Error(`the fake door has no ${String(name)}`);
      return (...args: unknown[]): unknown => {
        calls.push([String(name), ...args.filter((arg) => typeof arg !== 'function' && arg !== undefined)]);
        return Reflect.apply(method, target, args);
      };
    },
  }) as OwnerDoor;
}
