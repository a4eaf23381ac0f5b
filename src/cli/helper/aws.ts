/**
 * `helper aws`: a `credential_process` of the AWS CLI and SDKs (AWS CLI User Guide, "Sourcing credentials with an
 * external process"). It prints one JSON object, version 1, on stdout; if it fails, nothing there and an exit status that
 * is not 0.
 */
import { Refusal } from '../../core/refusal.js';
import { hasField, type ItemDoor } from './lookup.js';

/** Their names in the item, with their names in the answer. The first two are needed. */
const FIELDS = [
  ['key', 'AccessKeyId'],
  ['secret', 'SecretAccessKey'],
  ['session_token', 'SessionToken'],
  ['expiration', 'Expiration'],
] as const;

/**
 * The answer for an item: an API key whose `key` is the access key id and whose `secret` is the secret access key; a
 * session token and the time until which it is good are in fields `session_token` and `expiration` (ISO 8601, with the
 * time and its zone). Throws `invalid_request` for an item that is not so, and what the door throws.
 */
export async function answerAws(name: string, door: ItemDoor): Promise<string> {
  const item = await door.find(name);
  if (item.type !== 'api-key') refuse('The item is no API key');
  if (!hasField(item, 'key') || !hasField(item, 'secret')) refuse('The item has no key or no secret');
  const fields = FIELDS.map(([field]) => field).filter((field) => hasField(item, field));
  const values = await door.read(item, fields);
  if (!values.get('key') || !values.get('secret')) refuse('The key or the secret of the item is empty');
  const parts = FIELDS.flatMap(([field, part]) => {
    const value = values.get(field);
    return value === undefined || value === '' ? [] : [[part, field === 'expiration' ? checkTime(value) : value]];
  });
  return `${JSON.stringify({ Version: 1, ...Object.fromEntries(parts) })}\n`;
}

function checkTime(text: string): string {
  const isWhole = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})$/.test(text);
  const at = isWhole ? Date.parse(text) : NaN;
  if (!Number.isFinite(at)) refuse('The expiration of the item is no time in ISO 8601');
  return new Date(at).toISOString();
}

function refuse(fault: string): never {
  throw new Refusal('invalid_request', {
    message: `${fault}.`,
    next: 'Use an item of type api-key with the access key id in "key" and the secret access key in "secret".',
  });
}
