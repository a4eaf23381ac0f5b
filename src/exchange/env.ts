/**
 * Environment files, as `core/env-file.ts` describes them: an item for each file, whose fields are its variables, all of
 * them secrets.
 */
import { envAssignments, type EnvAssignment } from '../core/env-file.js';
import { ITEM_LIMITS } from '../core/item-content.js';
import type { ParsedFile, ParsedItem, Reader } from './parsed.js';
import { decodeText, peekText } from './plain-text.js';

/** The reader of environment files. What has more variables than an item has fields becomes several items. */
export const envFile: Reader = {
  format: 'env',
  name: 'environment file (.env)',
  fits: (bytes) => {
    const text = peekText(bytes, 65_536);
    const lines = text.split(/\r\n?|\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
    return /^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*[ \t]*=/.test(lines[0] ?? '');
  },
  read: (bytes) => Promise.resolve().then(() => readVariables(decodeText(bytes))),
};

function readVariables(text: string): ParsedFile {
  const assignments = envAssignments(text);
  const last = new Map(assignments.map((one) => [one.name, one]));
  const lost = assignments
    .filter((one) => last.get(one.name) !== one)
    .map(({ line, name }) => ({
      place: `line ${String(line)}`,
      what: `a value of ${name} that a later line replaces`,
    }));
  const kept = [...last.values()];
  const items: ParsedItem[] = [];
  for (let at = 0; at < kept.length; at += ITEM_LIMITS.fields) {
    items.push(itemOf(kept.slice(at, at + ITEM_LIMITS.fields), items.length + 1));
  }
  return { format: 'env', items, skipped: [], lost };
}

/** The first one takes the file's name for its title. */
function itemOf(variables: readonly EnvAssignment[], number: number): ParsedItem {
  return {
    type: 'custom',
    title: number === 1 ? '' : `Environment file (${String(number)})`,
    folder: [],
    tags: [],
    urls: [],
    fields: variables.map(({ name, value }) => ({ name, kind: 'secret', value })),
    history: [],
    isTrashed: false,
    place: `line ${String(variables[0]?.line ?? 1)}`,
  };
}
