/** Values of 1Password's fields: an object whose one key says what the value is. */
import type { FieldKind } from '../core/model.js';
import { asNumber, asObject, asText, type JsonObject } from './json.js';

/** What a value is here. Of an SSH key and a file the caller takes more. */
export interface OnePasswordValue {
  /** The key: `string`, `concealed`, `totp`… */
  readonly key: string;
  readonly kind: FieldKind;
  readonly text: string;
}

const KINDS: ReadonlyMap<string, FieldKind> = new Map([
  ['concealed', 'secret'],
  ['creditCardNumber', 'secret'],
  ['totp', 'totp'],
  ['url', 'url'],
  ['email', 'email'],
  ['date', 'date'],
  ['monthYear', 'date'],
]);

/** The value; undefined where there is none. */
export function onePasswordValue(value: unknown): OnePasswordValue | undefined {
  const [entry] = Object.entries(asObject(value) ?? {}).filter(([, held]) => held !== null && held !== '');
  if (entry === undefined) return undefined;
  const [key, held] = entry;
  return { key, kind: KINDS.get(key) ?? 'text', text: textOf(key, held) };
}

function textOf(key: string, held: unknown): string {
  const parts = asObject(held);
  if (key === 'date') return dayOf(asNumber(held)) ?? asText(held);
  if (key === 'monthYear') return asText(held).replace(/^([0-9]{4})([0-9]{2})$/, '$1-$2');
  if (parts === undefined) return Array.isArray(held) ? JSON.stringify(held) : asText(held);
  if (key === 'email') return asText(parts['email_address']);
  if (key === 'address') return addressOf(parts);
  return JSON.stringify(parts);
}

/** 1Password keeps a day as the unix time of a moment in it, in UTC. */
function dayOf(seconds: number | undefined): string | undefined {
  if (seconds === undefined || Math.abs(seconds) > 2e11) return undefined;
  const day = new Date(seconds * 1000).toISOString().split('T')[0] ?? '';
  return /^[0-9]{4}-/.test(day) ? day : undefined;
}

function addressOf({ street, city, state, zip, country }: JsonObject): string {
  const town = [asText(zip), asText(city)].filter((part) => part !== '').join(' ');
  return [asText(street), town, asText(state), asText(country)].filter((line) => line !== '').join('\n');
}
