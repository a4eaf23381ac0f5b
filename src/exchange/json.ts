/** JSON that others wrote, read under limits, and looked into without believing what is in it. */
import { grouped } from './amount.js';
import { orRefuse, refuseFile } from './fault.js';
import { decodeText } from './plain-text.js';

/** How deep a JSON text may nest, and how many values it may have. */
export const JSON_LIMITS = { depth: 64, values: 4_000_000 } as const;

/** An object of a JSON text. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What a JSON text says. Throws a `Refusal` where it is none, nests deeper or has more values than {@link JSON_LIMITS},
 * before anything is built of it.
 */
export function parseJson(text: string): unknown {
  checkShape(text);
  return orRefuse((): unknown => JSON.parse(text), 'is no JSON, or not a whole one');
}

/** As {@link parseJson}, of a file's bytes. */
export function readJson(bytes: Uint8Array): unknown {
  return parseJson(decodeText(bytes));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = [0x7b, 0x5b];
const CLOSING = [0x7d, 0x5d];

function checkShape(text: string): void {
  let [depth, values] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = endOfString(text, at);
    else if (unit === COMMA) values += 1;
    else if (OPENING.includes(unit)) [depth, values] = [depth + 1, values + 1];
    else if (CLOSING.includes(unit)) depth -= 1;
    if (depth > JSON_LIMITS.depth) refuseFile(`nests deeper than ${String(JSON_LIMITS.depth)} levels`);
    if (values > JSON_LIMITS.values) refuseFile(`has more than ${grouped(JSON_LIMITS.values)} values`);
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

/** The value, if it is an object. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries, if it is a list; else none. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text of a string, a number or a boolean; else an empty one. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The number, if it is one, or digits. */
export function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Unix ms of a time in ISO 8601; undefined for anything else. */
export function asTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isFinite(at) ? at : undefined;
}
