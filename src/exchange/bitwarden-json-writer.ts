/**
 * Bitwarden's JSON, not encrypted, as an individual vault exports and imports it (github.com/bitwarden/clients,
 * libs/common/src/models/export, and https://bitwarden.com/help/condition-bitwarden-import/#condition-a-json). Vaults are
 * folders. It knows logins, notes, cards, identities and SSH keys; everything else is a login if it has a user name or a
 * password, and a note if not. Fields that it has no place for are its custom fields, under `SECTION: NAME`.
 */
import { fieldKey } from '../core/item-field.js';
import { isUrlName } from '../core/item-type.js';
import { isoTime } from '../core/expiry.js';
import type { Field, ItemContent, ItemType } from '../core/model.js';
import { isConcealed } from '../core/item-content.js';
import { foldName } from '../core/text.js';
import type { TransferItem } from '../core/transfer.js';
import { counted, lossOf, utf8, type WrittenLoss, type Writer } from './written.js';

/** Earlier passwords go along; other earlier states, tags and the kinds of fields do not. */
export const bitwardenJsonWriter: Writer = {
  format: 'bitwarden-json',
  name: 'Bitwarden JSON',
  extension: 'json',
  holdsTrash: false,
  write: (items) => {
    const vaults = new Map([...new Set(items.map(({ vault }) => vault))].map((name) => [name, crypto.randomUUID()]));
    const written = items.map((item) => printItem(item, vaults.get(item.vault) ?? null));
    const folders = [...vaults].map(([name, id]) => ({ id, name }));
    const file = { encrypted: false, folders, items: written.map(({ cipher }) => cipher) };
    return { bytes: utf8(`${JSON.stringify(file, null, 2)}\n`), losses: written.flatMap(({ losses }) => losses) };
  },
};

interface Written {
  readonly cipher: object;
  readonly losses: readonly WrittenLoss[];
}

const TYPES: Readonly<Partial<Record<ItemType, number>>> = { login: 1, note: 2, card: 3, identity: 4, 'ssh-key': 5 };
const LOGIN = 1;
const NOTE = 2;

function printItem(item: TransferItem, folderId: string | null): Written {
  const { content, createdAt, updatedAt } = item;
  const fields = new Fields(content);
  const type = typeOf(content);
  const part = PARTS[type]?.(fields) ?? {};
  const notes = fields.take(content.type === 'note' ? 'text' : 'note', 'note');
  const created = createdAt === undefined ? {} : { creationDate: isoTime(createdAt) };
  const updated = updatedAt === undefined ? {} : { revisionDate: isoTime(updatedAt) };
  const cipher = {
    id: crypto.randomUUID(),
    organizationId: null,
    folderId,
    type,
    reprompt: 0,
    name: content.title,
    notes: notes ?? null,
    favorite: false,
    ...part,
    fields: fields.rest().map(printField),
    passwordHistory: type === LOGIN ? passwordsOf(item) : null,
    ...created,
    ...updated,
    deletedDate: item.isTrashed ? isoTime(updatedAt ?? createdAt ?? 0) : null,
    collectionIds: null,
  };
  return { cipher, losses: lossesOf(item, type, fields.rest()).map((what) => lossOf(item, what)) };
}

function typeOf({ type, fields }: ItemContent): number {
  const isLogin = fields.some(({ section, name }) => section === undefined && /^(?:username|password)$/i.test(name));
  return TYPES[type] ?? (isLogin ? LOGIN : NOTE);
}

/** Fields that are taken one after the other into the places that the format has for them. */
class Fields {
  readonly #left: Map<string, Field>;

  constructor({ fields }: ItemContent) {
    this.#left = new Map(fields.map((field) => [fieldKey(field), field]));
  }

  /** The value of the field of that name in no section, which is then taken; undefined where there is none. */
  take(name: string, kind?: Field['kind']): string | undefined {
    const field = this.#left.get(foldName(name));
    if (field === undefined || field.section !== undefined || field.value === '') return undefined;
    if (kind !== undefined && field.kind !== kind) return undefined;
    this.#left.delete(foldName(name));
    return field.value;
  }

  urls(): readonly string[] {
    const urls = this.rest().filter(
      ({ section, name, kind }) => section === undefined && kind === 'url' && isUrlName(name),
    );
    for (const url of urls) this.#left.delete(fieldKey(url));
    return urls.map(({ value }) => value);
  }

  rest(): readonly Field[] {
    return [...this.#left.values()];
  }
}

type Part = (fields: Fields) => object;

const PARTS: Readonly<Record<number, Part>> = {
  [LOGIN]: (fields) => ({
    login: {
      uris: fields.urls().map((uri) => ({ match: null, uri })),
      username: fields.take('username') ?? null,
      password: fields.take('password') ?? null,
      totp: fields.take('totp') ?? null,
      fido2Credentials: [],
    },
  }),
  [NOTE]: () => ({ secureNote: { type: 0 } }),
  3: (fields) => ({
    card: {
      cardholderName: fields.take('cardholder') ?? null,
      brand: null,
      number: fields.take('number') ?? null,
      ...expiryOf(fields),
      code: fields.take('cvv') ?? null,
    },
  }),
  4: (fields) => ({
    identity: {
      ...NO_IDENTITY,
      // one name is not taken apart: where it would be cut nobody knows
      firstName: fields.take('full_name') ?? null,
      address1: fields.take('address') ?? null,
      email: fields.take('email') ?? null,
      phone: fields.take('phone') ?? null,
      ssn: fields.take('ssn') ?? null,
      passportNumber: fields.take('passport') ?? null,
    },
  }),
  5: (fields) => ({
    sshKey: {
      privateKey: fields.take('private_key') ?? '',
      publicKey: fields.take('public_key') ?? '',
      keyFingerprint: fields.take('fingerprint') ?? '',
    },
  }),
};

const NO_IDENTITY = Object.fromEntries(
  'title firstName middleName lastName address1 address2 address3 city state postalCode country company email phone ssn username passportNumber licenseNumber'
    .split(' ')
    .map((name) => [name, null]),
);

/** Month and year of a date that a card has; what has a day stays a field of its own. */
function expiryOf(fields: Fields): object {
  const field = fields.rest().find((one) => fieldKey(one) === 'expiry');
  const [, year, month] = /^([0-9]{4})-([0-9]{2})$/.exec(field?.value ?? '') ?? [];
  const [, shortMonth, shortYear = ''] = /^([0-9]{2})\/([0-9]{2}|[0-9]{4})$/.exec(field?.value ?? '') ?? [];
  const found = month ?? shortMonth;
  if (found === undefined) return { expMonth: null, expYear: null };
  fields.take('expiry');
  return { expMonth: String(Number(found)), expYear: year ?? (shortYear.length === 2 ? `20${shortYear}` : shortYear) };
}

function printField({ section, name, kind, value }: Field): object {
  const shown = section === undefined ? name : `${section}: ${name}`;
  return { name: shown, value, type: isConcealed(kind) ? 1 : 0, linkedId: null };
}

/** The passwords that are no longer, newest first, each with the time from which another one was in its place. */
function passwordsOf({ content, history, updatedAt }: TransferItem): readonly object[] | null {
  const states = [...history.map((revision) => revision.content), content].map(passwordOf);
  const ends = [...history.slice(1).map(({ at }) => at), updatedAt ?? history.at(-1)?.at ?? 0];
  const old = states.slice(0, -1).flatMap((password, index) => {
    if (password === undefined || password === states[index + 1]) return [];
    return [{ lastUsedDate: isoTime(ends[index] ?? 0), password }];
  });
  return old.length === 0 ? null : old.reverse();
}

function passwordOf({ fields }: ItemContent): string | undefined {
  return fields.find((field) => fieldKey(field) === 'password' && field.value !== '')?.value;
}

function lossesOf(item: TransferItem, type: number, rest: readonly Field[]): readonly string[] {
  const { content, history } = item;
  const sections = new Set(rest.flatMap(({ section }) => section ?? []));
  const kinds = rest
    .filter(({ kind }) => kind !== 'text' && kind !== 'secret')
    .map(({ name, kind }) => `${name} (${kind})`);
  const isOther = TYPES[content.type] === undefined;
  return [
    ...(isOther ? [`its type (${content.type}): it is a ${type === LOGIN ? 'login' : 'note'}`] : []),
    ...(content.tags.length === 0 ? [] : [counted(content.tags.length, 'tag')]),
    ...(sections.size === 0 ? [] : [`${counted(sections.size, 'section')} as such: before the names of fields`]),
    ...(kinds.length === 0 ? [] : [`the kind of ${kinds.join(', ')}`]),
    ...(history.length === 0
      ? []
      : [`${counted(history.length, 'earlier state')}${type === LOGIN ? ', but for passwords' : ''}`]),
  ];
}
