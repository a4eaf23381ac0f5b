/** Names and values of files made into what the rules for items allow, with as little change as they leave. */
import { checkValue, fieldKey, type FieldInput } from '../core/item-field.js';
import type { FieldKind } from '../core/model.js';
import { MAX_LINE_LENGTH } from '../core/reason.js';
import { cleanText, codePoints, scrub } from '../core/text.js';
import { unlessRefused } from './fault.js';

/**
 * The name as one visible line of at most 300 characters, with a letter or a digit and without a token: characters that
 * cannot be seen are taken out, and a name without any letter has `word` put before it. Empty where nothing is left.
 */
export function fitName(name: string, word: string): string {
  const text = scrub(cleanText(name.toWellFormed().replaceAll('\ufeff', ''))).trim();
  if (text === '') return '';
  return cutName(/[\p{L}\p{N}]/u.test(text) ? text : `${word} ${text}`);
}

/** Whether the name loses characters that can be seen, or that count for programs. */
export function isShortened(name: string): boolean {
  return codePoints(cleanText(name).trim()) > MAX_LINE_LENGTH;
}

function cutName(text: string, most = MAX_LINE_LENGTH): string {
  return codePoints(text) <= most ? text : Array.from(text).slice(0, most).join('').trimEnd();
}

/** Gives each field a path of its own, without regard to case: `name`, `name (2)`, `name (3)`… */
export class FieldNames {
  readonly #taken = new Set<string>();

  /** The field under the first free name, which is taken from then on. */
  give(field: FieldInput & { readonly kind: FieldKind }): FieldInput & { readonly kind: FieldKind } {
    const name = this.#free(field);
    this.#taken.add(keyOf(field, name));
    return { ...field, name };
  }

  #free(field: FieldInput): string {
    let [name, number] = [field.name, 1];
    while (this.#taken.has(keyOf(field, name))) {
      number += 1;
      const suffix = ` (${String(number)})`;
      name = cutName(field.name, MAX_LINE_LENGTH - suffix.length) + suffix;
    }
    return name;
  }
}

function keyOf({ section }: FieldInput, name: string): string {
  return fieldKey(section === undefined ? { name } : { section, name });
}

/**
 * The kind itself, if the value may have it; else `text`, or `secret` for what was to be a one-time password. A seed that
 * gives no codes is of no use as one, but it is a secret all the same.
 */
export function fitKind(kind: FieldKind, value: string): FieldKind {
  if (kind === 'totp') return isTotp(value) ? 'totp' : 'secret';
  return unlessRefused(() => checkValue({ name: 'value', kind, value }, 'a field').kind) ?? 'text';
}

/** Key URI format, https://github.com/google/google-authenticator/wiki/Key-Uri-Format, or a bare seed (RFC 4648 base32). */
function isTotp(value: string): boolean {
  const text = value.trim();
  if (!/^otpauth:/i.test(text)) return isSeed(text);
  const url = URL.parse(text);
  if (url?.host.toLowerCase() !== 'totp') return false;
  const facts = url.searchParams;
  const isOnce = new Set(facts.keys()).size === facts.size;
  const isKnown = /^SHA-?(?:1|256|512)$/i.test(facts.get('algorithm') ?? 'SHA1');
  const isBetween = (text: string, least: number, most: number): boolean =>
    /^[0-9]{1,3}$/.test(text) && Number(text) >= least && Number(text) <= most;
  const isUsual = isBetween(facts.get('digits') ?? '6', 6, 10) && isBetween(facts.get('period') ?? '30', 15, 300);
  return isOnce && isKnown && isUsual && isSeed(facts.get('secret') ?? '');
}

function isSeed(text: string): boolean {
  return /^[A-Z2-7]{8,1024}$/i.test(text.replace(/[\s-]/g, '').replace(/={1,6}$/, ''));
}
