/** Which servers a client's file names, and which of them are this program. */
import { parse as parseToml } from '@decimalturn/toml-patch';
import { parse as parseJson, type ParseError } from 'jsonc-parser';
import { basename } from 'node:path';
import type { ClientFile } from './client-files.js';

/** This program as a client starts it. */
export interface NamedServer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** The servers in the text that are this program; null where the text is not of the file's form. */
export function ownServers(
  text: string,
  { form, key }: Pick<ClientFile, 'form' | 'key'>,
): readonly NamedServer[] | null {
  const document = form === 'toml' ? tomlOf(text) : jsonOf(text);
  if (document === null) return null;
  return objectsAt(document, key, DEEPEST)
    .flatMap((servers) => Object.entries(servers))
    .flatMap(([name, value]) => serverOf(name, value) ?? [])
    .filter(isOwn);
}

function tomlOf(text: string): Fields | null {
  try {
    return fieldsOf(parseToml(text) as unknown);
  } catch {
    return null;
  }
}

function jsonOf(text: string): Fields | null {
  const errors: ParseError[] = [];
  const value: unknown = parseJson(text, errors, { allowTrailingComma: true });
  if (value === undefined && errors.length <= 1) return {};
  return errors.length > 0 ? null : fieldsOf(value);
}

/** One client keeps servers for each project, two levels down. */
const DEEPEST = 2;

/** The objects under a key, at any level down to that depth. */
function objectsAt(fields: Fields, key: string, depth: number): readonly Fields[] {
  const here = fieldsOf(fields[key]);
  if (here !== null) return [here];
  if (depth === 0) return [];
  return Object.values(fields).flatMap((value) => {
    const below = fieldsOf(value);
    return below === null ? [] : objectsAt(below, key, depth - 1);
  });
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** Undefined for what starts no program, such as a server at a URL. */
function serverOf(name: string, value: unknown): NamedServer | undefined {
  const fields = fieldsOf(value);
  const command = fields?.['command'];
  if (fields === null || typeof command !== 'string') return undefined;
  const args = Array.isArray(fields['args']) ? fields['args'] : [];
  const env = Object.entries(fieldsOf(fields['env']) ?? {});
  return {
    name,
    command,
    args: args.filter((word): word is string => typeof word === 'string'),
    env: Object.fromEntries(env.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : []))),
  };
}

const PROGRAM = /^vouchsafe(?:\.js)?$/;

function isOwn({ name, command, args }: NamedServer): boolean {
  return name === 'vouchsafe' || [command, ...args].some((word) => PROGRAM.test(basename(word)));
}
