/** Golden files: reviewed copies of what is shown to others. `UPDATE_GOLDEN=1` writes them; a missing one fails. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const FOLDER = fileURLToPath(new URL('../golden/', import.meta.url));

/** Compares a value with the golden file `name`. */
export function expectGolden(name: string, value: unknown): void {
  const path = `${FOLDER}${name}`;
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, text);
  }
  if (!existsSync(path))
    throw new Error(`The golden file ${name} is missing: review it, then UPDATE_GOLDEN=1 npx vitest run`);
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(path, 'utf8')));
}
