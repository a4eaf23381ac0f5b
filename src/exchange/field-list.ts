/** Fields of one item as a reader finds them, in order, and none with the path of another. */
import { fieldKey } from '../core/item-field.js';
import type { ParsedField } from './parsed.js';

/** Takes fields of any names, and answers fields of which no two have the same path. */
export class FieldList {
  readonly #fields: ParsedField[] = [];
  readonly #taken = new Set<string>();
  /** The last number that was given to a path. */
  readonly #numbers = new Map<string, number>();

  /** All that were added, in order. */
  get fields(): readonly ParsedField[] {
    return this.#fields;
  }

  /** Adds the field; where its path is taken, its name gets the next free number: `PIN 2`. */
  add(field: ParsedField): void {
    const key = fieldKey(field);
    let number = this.#numbers.get(key) ?? 1;
    let free = field;
    while (this.#taken.has(fieldKey(free))) {
      number += 1;
      free = { ...field, name: `${field.name} ${number}` };
    }
    this.#numbers.set(key, number);
    this.#taken.add(fieldKey(free));
    this.#fields.push(free);
  }

  /** Adds the field unless its value is empty. */
  addFilled(field: ParsedField): void {
    if (field.value !== '') this.add(field);
  }
}
