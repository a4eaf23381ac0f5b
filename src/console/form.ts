/** What a form brought, what is wrong with it, and how a page goes on after it. */
import { Refusal } from '../core/refusal.js';
import type { ConsoleContext } from './area.js';
import { nextStep } from './next-step.js';

/** The fields of a form, as typed. */
export class Sent {
  readonly #fields: ReadonlyMap<string, readonly string[]>;

  constructor(fields: Iterable<readonly [string, string]> = []) {
    const grouped = new Map<string, string[]>();
    for (const [name, value] of fields) grouped.set(name, [...(grouped.get(name) ?? []), value]);
    this.#fields = grouped;
  }

  /** The field's text without the space around it; empty where it is absent. */
  text(name: string): string {
    return this.exact(name).trim();
  }

  /** The field's text to the letter: for passwords and notes. Line ends are `\n`. */
  exact(name: string): string {
    return (this.#fields.get(name)?.[0] ?? '').replace(/\r\n?/g, '\n');
  }

  /** All values of a field: of checkboxes with one name. */
  all(name: string): readonly string[] {
    return this.#fields.get(name) ?? [];
  }

  /** Whether a checkbox or a button was sent at all. */
  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** The names of the fields that came. */
  get names(): readonly string[] {
    return [...this.#fields.keys()];
  }
}

/** The fields of the form in a request; files in it are left out. */
export async function readForm(c: ConsoleContext): Promise<Sent> {
  const type = c.req.header('content-type') ?? '';
  if (!/^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) return new Sent();
  const fields: [string, string][] = [];
  for (const [name, value] of (await c.req.formData()).entries()) {
    if (typeof value === 'string') fields.push([name, value]);
  }
  return new Sent(fields);
}

/** The parameters of the page's address, read as a form is. */
export function readQuery(c: ConsoleContext): Sent {
  return new Sent(new URL(c.req.url).searchParams.entries());
}

/** What is wrong with a form: words for fields, by their names, and words for all of it. */
export class Faults {
  readonly #fields = new Map<string, string>();
  #whole: { readonly message: string; readonly next: string | undefined } | null = null;

  /** Puts words beside a field; the first stay. */
  add(field: string, message: string): void {
    if (!this.#fields.has(field)) this.#fields.set(field, message);
  }

  /** Takes the words of a refusal, for a field or for the whole form. Anything else is thrown on. */
  take(error: unknown, field?: string): void {
    if (!(error instanceof Refusal)) throw error;
    const next = nextStep(error.facts.next);
    if (field === undefined) this.#whole = { message: error.message, next };
    else this.add(field, next === undefined ? error.message : `${error.message} ${next}`);
  }

  /** The words beside that field, if there are any. */
  at(field: string): string | undefined {
    return this.#fields.get(field);
  }

  get whole(): { readonly message: string; readonly next: string | undefined } | null {
    return this.#whole;
  }

  get areAny(): boolean {
    return this.#whole !== null || this.#fields.size > 0;
  }
}

/** The usual end of a POST: on to a page, with a message on it. `path` is one of ours. */
export function done(c: ConsoleContext, path: string, message?: string): Response {
  if (message !== undefined) c.get('browser').flash({ kind: 'done', text: message });
  return c.redirect(path, 303);
}

/** As {@link done}, with what went wrong: for actions that have no form to be shown again. Throws what is no refusal. */
export function refused(c: ConsoleContext, path: string, error: unknown): Response {
  if (!(error instanceof Refusal)) throw error;
  const text = [error.message, nextStep(error.facts.next)].filter((part) => part !== undefined).join(' ');
  c.get('browser').flash({ kind: 'fault', text });
  return c.redirect(path, 303);
}

/** The path if it leads to a page of this console, else `/`. */
export function ownPath(path: string): string {
  // a browser reads `//host` and `/\host` as another origin
  return /^\/(?![/\\])[^\s\\]*$/.test(path) && !/^\/(?:unlock|lock|open)\b/.test(path) ? path : '/';
}
