/**
 * The Credential Exchange Format of the FIDO Alliance (CXF 1.0, Proposed Standard of 2025-08-14,
 * https://fidoalliance.org/specs/cx/cxf-v1.0-ps-20250814.html), as one JSON document: a header with one account, whose
 * collections are the vaults. Fields that a credential type has go into one; all others, with their sections, into
 * custom fields. What there is no place for stands in our own extension.
 */
import { fieldKey } from '../core/item-field.js';
import { isUrlName } from '../core/item-type.js';
import type { Field, FieldKind, ItemContent } from '../core/model.js';
import { foldName } from '../core/text.js';
import type { TransferItem } from '../core/transfer.js';
import { printOwn, type CxfOriginal } from './cxf-own.js';
import { CREDENTIALS, CREDENTIALS_OF, type CxfFieldType, type CxfMember } from './cxf-type.js';
import { formOf, totpOf, totpText } from './cxf-value.js';
import { printSshKey, readSshKey } from './ssh-key.js';
import { counted, lossOf, utf8, type WrittenLoss, type Writer } from './written.js';

/** A relying party identifier is a domain; there is none of this program, and `.invalid` is nobody's (RFC 6761). */
const EXPORTER = { exporterRpId: 'vouchsafe.invalid', exporterDisplayName: 'Vouchsafe' };

/** What of it other programs do not read comes back with an import of ours. */
export const cxfWriter: Writer = {
  format: 'cxf',
  name: 'Credential Exchange Format',
  extension: 'json',
  holdsTrash: false,
  write: (items, at) => ({
    bytes: utf8(`${JSON.stringify(documentOf(items, at), null, 2)}\n`),
    losses: items.flatMap(lossesOf),
  }),
};

function documentOf(items: readonly TransferItem[], at: number): object {
  const written = items.map((item) => ({ id: newId(), vault: item.vault, item }));
  const vaults = Map.groupBy(written, ({ vault }) => vault);
  const account = {
    id: newId(),
    username: '',
    email: '',
    collections: [...vaults].map(([title, held]) => ({
      id: newId(),
      title,
      items: held.map(({ id }) => ({ item: id })),
    })),
    items: written.map(({ id, item }) => printItem(id, item)),
  };
  return { version: { major: 1, minor: 0 }, ...EXPORTER, timestamp: seconds(at), accounts: [account] };
}

/** 16 random bytes in base64url: what the format calls an opaque identifier. */
function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
}

function seconds(at: number): number {
  return Math.floor(at / 1000);
}

function printItem(id: string, item: TransferItem): object {
  const { content, createdAt, updatedAt } = item;
  const parts = new Parts(content);
  const credentials = parts.credentials();
  const urls = parts.urls;
  return {
    id,
    ...(createdAt === undefined ? {} : { creationAt: seconds(createdAt) }),
    ...(updatedAt === undefined ? {} : { modifiedAt: seconds(updatedAt) }),
    title: content.title,
    ...(urls.length === 0 ? {} : { scope: { urls: urls.map(({ value }) => value), androidApps: [] } }),
    credentials,
    ...(content.tags.length === 0 ? {} : { tags: content.tags }),
    extensions: [
      printOwn(
        item,
        urls.map(({ name }) => name),
        parts.originals,
      ),
    ],
  };
}

function lossesOf(item: TransferItem): readonly WrittenLoss[] {
  const { length } = item.history;
  return [
    ...(length === 0 ? [] : [lossOf(item, `${counted(length, 'earlier state')}, for programs other than Vouchsafe`)]),
    ...(item.isTrashed ? [lossOf(item, 'that it is in the trash, for programs other than Vouchsafe')] : []),
  ];
}

/** The fields of an item, which are taken one after the other into the places that CXF has for them. */
class Parts {
  readonly #content: ItemContent;
  readonly #left: Map<string, Field>;
  readonly urls: readonly Field[];
  readonly originals: CxfOriginal[] = [];

  constructor(content: ItemContent) {
    this.#content = content;
    this.#left = new Map(content.fields.map((field) => [fieldKey(field), field]));
    this.urls = content.fields.filter(
      ({ section, name, kind }) => section === undefined && kind === 'url' && isUrlName(name),
    );
    for (const url of this.urls) this.#left.delete(fieldKey(url));
  }

  credentials(): readonly object[] {
    const { type } = this.#content;
    return [
      ...CREDENTIALS_OF[type].map((credential) => this.#credential(credential)),
      type === 'ssh-key' ? this.#sshKey() : undefined,
      this.#totp(),
      this.#note(),
      ...this.#custom(),
    ].filter((credential) => credential !== undefined);
  }

  #credential(type: string): object | undefined {
    const members = (CREDENTIALS.get(type) ?? []).flatMap((member) => this.#member(member));
    return members.length === 0 ? undefined : { type, ...Object.fromEntries(members) };
  }

  #member({ member, fieldType, name, kind }: CxfMember): [string, object][] {
    const value = this.#take(name, kind, (text) => formOf(fieldType, text));
    return value === undefined ? [] : [[member, { fieldType, value }]];
  }

  #sshKey(): object | undefined {
    const key = this.#take('private_key', 'secret', (text) => {
      const read = readSshKey(text);
      return read === undefined ? undefined : printSshKey(read.pkcs8);
    });
    const read = key === undefined ? undefined : readSshKey(key);
    if (read === undefined) return undefined;
    return { type: 'ssh-key', keyType: read.type, privateKey: Buffer.from(read.pkcs8).toString('base64url') };
  }

  #totp(): object | undefined {
    const text = this.#take('totp', 'totp', (value) => {
      const totp = totpOf(value);
      return totp === undefined ? undefined : totpText(totp);
    });
    return text === undefined ? undefined : { type: 'totp', ...totpOf(text) };
  }

  #note(): object | undefined {
    const value = this.#take(this.#content.type === 'note' ? 'text' : 'note', 'note', (text) => text);
    return value === undefined ? undefined : { type: 'note', content: { fieldType: 'string', value } };
  }

  /** The value of that field in the form that CXF has it in; undefined where there is no such field or form. */
  #take(name: string, kind: FieldKind, form: (text: string) => string | undefined): string | undefined {
    const field = this.#left.get(foldName(name));
    if (field?.kind !== kind || field.section !== undefined || field.value === '') return undefined;
    const value = form(field.value);
    if (value === undefined) return undefined;
    this.#left.delete(foldName(name));
    if (value !== field.value) this.originals.push({ name, value: field.value });
    return value;
  }

  /** What is left, a credential a section. */
  #custom(): readonly object[] {
    const sections = new Map<string | undefined, Field[]>();
    for (const field of this.#left.values()) {
      sections.set(field.section, [...(sections.get(field.section) ?? []), field]);
    }
    return [...sections].map(([label, fields]) => ({
      type: 'custom-fields',
      ...(label === undefined ? {} : { label }),
      fields: fields.map(({ name, kind, value }) => ({ fieldType: typeOf(kind, value), value, label: name })),
    }));
  }
}

/** The type of a custom field: what is concealed here stays so there. */
function typeOf(kind: FieldKind, value: string): CxfFieldType {
  if (kind === 'secret' || kind === 'totp' || kind === 'note') return 'concealed-string';
  if (kind === 'email') return 'email';
  if (kind !== 'date') return 'string';
  const types = ['date', 'year-month'] as const;
  return types.find((type) => formOf(type, value) === value) ?? 'string';
}
