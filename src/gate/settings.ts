import { isAbsolute } from 'node:path';
import { addDuration, type Duration, parseDuration, parseExpiry, printDuration } from '../core/expiry.js';
import { isLoopbackName } from '../core/http-policy.js';
import { Refusal } from '../core/refusal.js';
import { notifyKey } from '../crypto/notification.js';
import type { SettingShape } from './door.js';
import { findVault, notFound } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { settingOf, type VerifiedState } from './verified-state.js';

interface SettingRule {
  readonly name: string;
  readonly fallback: string;
  /** What a value must be, in words. */
  readonly form: string;
  readonly accepts: (value: string) => boolean;
}

const oneOf = (...values: readonly string[]) => ({
  form: values.join(' or '),
  accepts: (value: string) => values.includes(value),
});
const anyText = { form: 'text', accepts: (value: string) => value.length <= 1000 };
const folder = { form: 'an absolute path, or empty', accepts: (value: string) => value === '' || isAbsolute(value) };
const duration = { form: 'a duration such as 180d or 1y', accepts: isDuration };

function isDuration(value: string): boolean {
  try {
    parseDuration(value);
    return true;
  } catch {
    return false;
  }
}

function isConsole(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.username !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackName(url.hostname));
}

const RULES: readonly SettingRule[] = [
  { name: 'output.format', fallback: 'human', ...oneOf('human', 'json', 'ndjson', 'csv') },
  { name: 'vault.default', fallback: '', ...anyText, form: 'the name or id of a vault (kept as its id), or empty' },
  {
    name: 'item.keep_revisions',
    fallback: '50',
    form: 'a number from 1 to 1000',
    accepts: (value) => /^[1-9][0-9]{0,3}$/.test(value) && Number(value) <= 1000,
  },
  { name: 'pat.require-expiration', fallback: 'true', ...oneOf('true', 'false') },
  { name: 'pat.max-expiration', fallback: '1y', ...duration },
  { name: 'pat.default-expiration', fallback: '180d', ...duration },
  { name: 'reason.policy', fallback: 'mark', ...oneOf('mark', 'strict') },
  { name: 'anchor.folder', fallback: '', ...folder },
  { name: 'anchor.command', fallback: '', ...anyText },
  { name: 'notify.command', fallback: '', ...anyText },
  {
    name: 'notify.webhook',
    fallback: '',
    form: 'an https URL, or empty',
    accepts: (value) => value === '' || (value.startsWith('https://') && URL.canParse(value)),
  },
  { name: 'notify.titles', fallback: 'false', ...oneOf('true', 'false') },
  { name: 'decoy.freeze', fallback: 'false', ...oneOf('true', 'false') },
  {
    name: 'console.url',
    fallback: '',
    form: 'an https URL, or an http one of this machine, or empty',
    accepts: (value) => value === '' || isConsole(value),
  },
];

function ruleOf(name: string): SettingRule {
  const rule = RULES.find((candidate) => candidate.name === name);
  if (rule !== undefined) return rule;
  const error = notFound(
    'setting',
    name,
    RULES.map((candidate) => candidate.name),
  );
  throw new Refusal('not_found', { ...error.facts, next: 'vouchsafe settings list' });
}

function shapeOf(rule: SettingRule, state: VerifiedState): SettingShape {
  const value = settingOf(state.value, rule.name);
  return { name: rule.name, value: value ?? rule.fallback, is_default: value === undefined };
}

/** A setting's value in this state, or its default. */
export function settingValue(state: VerifiedState, name: string): string {
  return shapeOf(ruleOf(name), state).value;
}

export async function listSettings(core: OwnerCore): Promise<readonly SettingShape[]> {
  return core.read(async ({ state }) => Promise.resolve(RULES.map((rule) => shapeOf(rule, state))));
}

/** What can be asked for but not set: the key that webhooks are signed with, which is of the root key. */
const NOTIFY_KEY = 'notify.key';

export async function getSetting(core: OwnerCore, name: string): Promise<SettingShape> {
  if (name === NOTIFY_KEY) return { name, value: notifyKey(core.keys.rootKey, core.safe.id), is_default: true };
  return core.read(async ({ state }) => Promise.resolve(shapeOf(ruleOf(name), state)));
}

export async function setSetting(core: OwnerCore, name: string, value: string): Promise<SettingShape> {
  if (name === NOTIFY_KEY)
    throw new Refusal('invalid_request', {
      message: 'That key is made from the root key, and is not set.',
      next: 'vouchsafe settings get notify.key',
    });
  const rule = ruleOf(name);
  if (!rule.accepts(value))
    throw new Refusal('invalid_request', {
      message: `${name} takes ${rule.form}.`,
      next: `vouchsafe settings get ${name}`,
    });
  return core.act('settings.set', async (work) => {
    const isVault = name === 'vault.default' && value !== '';
    const stored = isVault ? (await findVault(core, work, { by: 'any', text: value })).id : value;
    work.decisions.setSetting(name, stored);
    work.draft.detail = `${name} = ${value}`;
    return { name, value: stored, is_default: false };
  });
}

/** When a token or grant made now is to end, by the owner's words and the owner's own policy. */
export function expiryOf(ground: OwnerGround, text: string | undefined): number | null {
  const { state, now } = ground;
  const maximum: Duration = parseDuration(settingValue(state, 'pat.max-expiration'));
  const allowNever = settingValue(state, 'pat.require-expiration') === 'false';
  const fallback = settingValue(state, 'pat.default-expiration');
  const isWithin = addDuration(now, parseDuration(fallback)) <= addDuration(now, maximum);
  return parseExpiry(text ?? (isWithin ? fallback : printDuration(maximum)), { now, maximum, allowNever });
}
