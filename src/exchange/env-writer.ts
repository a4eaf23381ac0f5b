/**
 * Environment files, as `core/env-file.ts` reads them: `NAME=VALUE` for each field that has a value. A field that is
 * called like a variable (`DATABASE_URL`) has its own name; all others are `TITLE_SECTION_NAME` in capitals. Of equal
 * names the second one ends in `_2`.
 */
import { isVariableName } from '../core/env-file.js';
import type { Field } from '../core/model.js';
import { cleanText } from '../core/text.js';
import type { TransferItem } from '../core/transfer.js';
import { counted, lossOf, utf8, type WrittenLoss, type Writer } from './written.js';

/** Values alone: of titles, vaults and types there are comments, of all else nothing. */
export const envWriter: Writer = {
  format: 'env',
  name: 'environment file (.env)',
  extension: 'env',
  holdsTrash: false,
  write: (items) => {
    const file = new EnvFile();
    for (const item of items) file.add(item);
    return file.written();
  },
};

const HEAD = '# For programs that read .env files; a shell would run what some values hold.\n';

class EnvFile {
  readonly #names = new Set<string>();
  readonly #losses: WrittenLoss[] = [];
  #text = HEAD;

  written(): { readonly bytes: Uint8Array; readonly losses: readonly WrittenLoss[] } {
    return { bytes: utf8(this.#text), losses: this.#losses };
  }

  add(item: TransferItem): void {
    const { content, vault } = item;
    const lines = content.fields
      .filter(({ value }) => value !== '')
      .flatMap((field) => {
        const value = quote(field.value);
        if (value !== undefined) return [`${this.#nameOf(content.title, field)}=${value}\n`];
        this.#losses.push(
          lossOf(item, `the field ${field.name}, whose value has quotes of all kinds, or a NUL character`),
        );
        return [];
      });
    this.#text += `\n# ${cleanText(`${content.title} (${content.type}, ${vault})`)}\n${lines.join('')}`;
    this.#losses.push(...lossesOf(item).map((what) => lossOf(item, what)));
  }

  /** A name that no other variable has. */
  #nameOf(title: string, field: Field): string {
    const wanted = variableOf(title, field);
    let [name, number] = [wanted, 1];
    while (this.#names.has(name)) {
      number += 1;
      name = `${wanted}_${String(number)}`;
    }
    this.#names.add(name);
    return name;
  }
}

function variableOf(title: string, { section, name }: Field): string {
  if (isVariableName(name) && name === name.toUpperCase()) return name;
  const words = [wordOf(title), wordOf(section ?? ''), wordOf(name) || 'FIELD'];
  const joined = words.filter((word) => word !== '').join('_');
  return /^[A-Z]/.test(joined) ? joined : `_${joined}`;
}

/** The letters and digits of a text in capitals, without accents, and `_` for all between them. */
function wordOf(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase();
  return plain.replace(/[^A-Z0-9]+/g, '_').replace(/^_+|_+$/g, '');
}

/**
 * The value as the reader takes it, in the form that is safest where a shell reads it all the same: bare, in `'`, in `"`
 * and then in backticks. Undefined where none of them can hold it.
 */
function quote(value: string): string | undefined {
  if (value.includes('\0')) return undefined;
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(value)) return value;
  const hasReturn = value.includes('\r');
  if (!hasReturn && !value.includes("'")) return `'${value}'`;
  if (!value.includes('"') && !/\\[nr]|\\$/.test(value)) return `"${value.replaceAll('\r', '\\r')}"`;
  return hasReturn || value.includes('`') ? undefined : `\`${value}\``;
}

function lossesOf({ content, history, isTrashed }: TransferItem): readonly string[] {
  return [
    ...(content.tags.length === 0 ? [] : [counted(content.tags.length, 'tag')]),
    ...(history.length === 0 ? [] : [counted(history.length, 'earlier state')]),
    ...(isTrashed ? ['that it is in the trash'] : []),
  ];
}
