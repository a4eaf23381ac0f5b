/**
 * The one browser that is tied to a running console: by a link that works once, then by a cookie. A new link ends the
 * browser before. Unlocked, it also holds the value of an owner's session, under a pad that never leaves this process:
 * a cookie that was copied is worth nothing without the console, and the console cannot open the safe without the cookie.
 */
import { OwnerMemory } from '../gate/owner-memory.js';
import { isSame, newSecret, Pad, tagOf } from './secret.js';

/** Told once, on the next page. */
export interface Flash {
  readonly kind: 'done' | 'fault';
  readonly text: string;
}

/** The length of the last part of a session's value. */
const SECRET_HALF = 43;

/** Up to where the log was found right, and when. */
export interface Verified {
  readonly seq: number;
  readonly at: number;
}

/** What a browser has while it is unlocked. */
interface Unlocked {
  readonly pad: Pad;
  readonly end: (value: string) => void;
  readonly locked: AbortController;
  /** What lists show, so that it is not opened anew for each page. */
  readonly memory: OwnerMemory;
  /** Which session it is, all that is needed to end it. */
  readonly value: string;
  lastActiveAt: number;
}

/** What an unlocked browser brings to a request. */
export interface BrowserSession {
  readonly value: string;
  readonly locked: AbortSignal;
  readonly memory: OwnerMemory;
}

/** Why the browser is locked, for the page that says so. */
export type LockedBy = 'start' | 'owner' | 'idle' | 'elsewhere' | 'password';

/** A browser that opened the link. */
export class Browser {
  readonly #secret = newSecret();
  #flashes: Flash[] = [];
  #unlocked: Unlocked | null = null;
  #lockedBy: LockedBy = 'start';
  #verified: Verified | null = null;

  /** The value of the cookie that ties it. */
  get cookie(): string {
    return this.#secret;
  }

  /** The token that each of its forms carries. */
  get csrf(): string {
    return tagOf(this.#secret, 'csrf');
  }

  get lockedBy(): LockedBy {
    return this.#lockedBy;
  }

  /** How far the log was last verified from this console; to verify it takes too long for every page. */
  get verified(): Verified | null {
    return this.#verified;
  }

  /** Null where the log was found wrong. */
  noteVerified(verified: Verified | null): void {
    this.#verified = verified;
  }

  isCsrf(given: string): boolean {
    return isSame(given, this.csrf);
  }

  /** Puts a message on the next page that is shown. */
  flash(flash: Flash): void {
    this.#flashes.push(flash);
  }

  /** Takes the messages that are to be shown now. */
  takeFlashes(): readonly Flash[] {
    const flashes = this.#flashes;
    this.#flashes = [];
    return flashes;
  }

  /** Begins an unlocked time; `end` removes what is left of the session. Gives the value of the second cookie. */
  unlock(value: string, on: { readonly now: number; readonly end: (value: string) => void }): string {
    this.lock('owner');
    const pad = new Pad(value);
    this.#unlocked = {
      pad,
      // without its secret half, it says which session it is and opens nothing
      value: value.slice(0, -SECRET_HALF) + '-'.repeat(SECRET_HALF),
      end: on.end,
      locked: new AbortController(),
      memory: new OwnerMemory(),
      lastActiveAt: on.now,
    };
    return pad.masked;
  }

  /** The session's value from the second cookie, the signal of its end and its memory; null where it is locked. */
  session(cookie: string | undefined): BrowserSession | null {
    if (this.#unlocked === null || cookie === undefined) return null;
    const { pad, locked, memory } = this.#unlocked;
    return { value: pad.unmask(cookie), locked: locked.signal, memory };
  }

  /** Says that the owner is there. */
  touch(now: number): void {
    if (this.#unlocked !== null) this.#unlocked.lastActiveAt = now;
  }

  /** How long the owner may still be away; null where it is locked. */
  idleLeft(now: number, idleMs: number): number | null {
    return this.#unlocked === null ? null : this.#unlocked.lastActiveAt + idleMs - now;
  }

  /** Locks it: the session's file is removed, and what is being sent ends. */
  lock(by: LockedBy): void {
    if (this.#unlocked === null) return;
    const { end, value, locked, memory } = this.#unlocked;
    this.#unlocked = null;
    this.#lockedBy = by;
    this.#flashes = [];
    locked.abort();
    memory.forget();
    end(value);
  }
}

/** The link that is not used yet, and the browser that used the one before. */
export class BrowserTie {
  #link: string | null = null;
  #browser: Browser | null = null;

  /** A new link's secret; the browser that came with an earlier one is locked and no longer known. */
  newLink(): string {
    this.forget();
    this.#link = newSecret();
    return this.#link;
  }

  isLink(secret: string): boolean {
    return this.#link !== null && isSame(secret, this.#link);
  }

  /** Ties the browser that brings the link's secret, which is spent then; null for any other. */
  spend(secret: string): Browser | null {
    if (!this.isLink(secret)) return null;
    this.#link = null;
    this.#browser = new Browser();
    return this.#browser;
  }

  /** The browser of that cookie. */
  find(cookie: string | undefined): Browser | null {
    const browser = this.#browser;
    return browser !== null && cookie !== undefined && isSame(cookie, browser.cookie) ? browser : null;
  }

  /** Locks the browser once its owner was away too long. */
  lockIdle(now: number, idleMs: number): void {
    const left = this.#browser?.idleLeft(now, idleMs) ?? null;
    if (left !== null && left <= 0) this.#browser?.lock('idle');
  }

  forget(): void {
    this.#browser?.lock('elsewhere');
    this.#browser = null;
    this.#link = null;
  }
}
