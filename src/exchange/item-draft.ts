/** An item while a reader puts it together: what is empty is left out, everything else keeps its order. */
import { isUrlName } from '../core/item-type.js';
import type { FieldKind, ItemType } from '../core/model.js';
import type { ParsedField, ParsedItem, ParsedRevision } from './parsed.js';

/** The tag of what its program calls a favorite. */
const FAVORITE = 'favorite';

/** What an item is made of, piece by piece. */
export class ItemDraft {
  readonly #place: string;
  readonly #fields: ParsedField[] = [];
  readonly #tags: string[] = [];
  readonly #urls: string[] = [];
  type: ItemType;
  title = '';
  folder: readonly string[] = [];
  history: readonly ParsedRevision[] = [];
  isTrashed = false;
  createdAt: number | undefined;
  updatedAt: number | undefined;

  constructor(type: ItemType, place: string) {
    this.type = type;
    this.#place = place;
  }

  get fields(): readonly ParsedField[] {
    return this.#fields;
  }

  /** Adds a field, unless its value is empty. */
  add(kind: FieldKind, name: string, value: string): void {
    if (value !== '') this.#fields.push({ name, kind, value });
  }

  /** Adds a field of the file's own, in a section or, where its name is empty, in none; an empty one too. */
  addOwn(field: ParsedField): void {
    const { section = '', name, kind, value } = field;
    this.#fields.push({ ...(section.trim() === '' ? {} : { section }), name, kind, value });
  }

  /** Adds the note of an item: the standard field of a note, and a field `note` of everything else. */
  addNote(text: string): void {
    this.add('note', this.type === 'note' ? 'text' : 'note', text);
  }

  addUrl(url: string): void {
    if (url.trim() !== '') this.#urls.push(url.trim());
  }

  addTag(tag: string): void {
    if (tag.trim() !== '') this.#tags.push(tag.trim());
  }

  markFavorite(isFavorite: boolean): void {
    if (isFavorite) this.addTag(FAVORITE);
  }

  /** The item as it is now. */
  build(): ParsedItem {
    const { createdAt, updatedAt } = this;
    return {
      type: this.type,
      title: this.title,
      folder: this.folder,
      tags: this.#tags,
      urls: this.#urls,
      fields: this.#fields,
      history: this.history,
      isTrashed: this.isTrashed,
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(updatedAt === undefined ? {} : { updatedAt }),
      place: this.#place,
    };
  }
}

/** A former password of the item. */
export interface OldPassword {
  readonly value: string;
  /** Unix ms. */
  readonly at?: number | undefined;
}

/**
 * What the fields were with each of these passwords, oldest first: files that keep former passwords say nothing of the
 * other fields at that time. Times that are not known come first.
 */
export function passwordHistory(
  fields: readonly ParsedField[],
  passwords: readonly OldPassword[],
): readonly ParsedRevision[] {
  const others = fields.filter(({ section, name }) => section !== undefined || name !== 'password');
  return passwords
    .filter(({ value }) => value !== '')
    .toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
    .map(({ value, at }) => ({
      ...(at === undefined ? {} : { at }),
      fields: [...others, { name: 'password', kind: 'secret', value }],
    }));
}

/** The names under which files of several URLs in one cell are split: commas and line ends between them. */
export function splitUrls(cell: string): readonly string[] {
  return cell.split(/[\r\n]+|,\s*(?=[a-z][a-z0-9+.-]*:\/\/)/i).filter((url) => url.trim() !== '');
}

/** A name as a person writes it, of one in camel case or with underscores: `swiftCode` is `swift code`. */
export function spokenName(key: string): string {
  const spoken = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .trim()
    .toLowerCase();
  return isUrlName(spoken) ? `${spoken} of the file` : spoken;
}
