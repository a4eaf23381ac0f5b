/** Values of fields as the command line gives them: in the open, hidden, from files, or made. */
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { checkValue } from '../../core/item-field.js';
import { FIELD_KINDS, ITEM_TYPES, type FieldKind, type ItemType } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import { escapeText, nearest } from '../../core/text.js';
import type { Context } from '../context.js';
import { decode } from '../prompt.js';
import { collect } from './option-alias.js';
import { addSecretShape, makeSecret, type SecretShape } from './secret-shape.js';

/** The options that give values. */
export interface ValueFlags extends SecretShape {
  readonly field?: readonly string[];
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
  /** Names; an empty one stands for the main secret of the type. */
  readonly generate?: readonly string[];
  readonly url?: readonly string[];
  readonly tag?: readonly string[];
}

/** A value for a field, `NAME` or `SECTION/NAME`, that stands for itself. */
export interface GivenValue {
  readonly ref: string;
  readonly value: string;
}

/** Adds `--field`, `--secret`, `--secret-file`, `--generate`, `--url`, `--tag` and the form of what is made. */
export function addValueFlags(command: Command): Command {
  const repeated = (flags: string, text: string): Option => new Option(flags, text).argParser(collect);
  return addSecretShape(
    command
      .addOption(repeated('--field <name=value>', 'a value that is no secret; repeatable'))
      .addOption(repeated('--secret <name>', 'a secret: asked for, or read from stdin (several: a line each)'))
      .addOption(repeated('--secret-file <name=path>', 'a secret from a file, byte for byte'))
      .addOption(repeated('--generate [name]', 'a secret that is made and not shown: --generate, or --generate=NAME'))
      .addOption(repeated('--url <url>', 'a site; repeatable'))
      .addOption(repeated('--tag <tag>', 'a tag; repeatable')),
  );
}

/** `NAME=VALUE` in its two parts. Throws `invalid_request` without repeating any of it. */
export function splitPair(option: string, text: string): GivenValue {
  const cut = text.indexOf('=');
  if (cut > 0) return { ref: text.slice(0, cut).trim(), value: text.slice(cut + 1) };
  const next =
    option === '--field' ? 'Write --field NAME=VALUE; for a secret write --secret NAME.' : `Write ${option} NAME=PATH.`;
  throw new Refusal('invalid_request', { message: `${option} needs a name, = and what it is.`, next });
}

/** The values of `--field`. `kindOf` says what kind a field has; a secret, and what its kind does not allow, is refused. */
export function openValues(flags: ValueFlags, kindOf: (ref: string) => FieldKind): readonly GivenValue[] {
  return (flags.field ?? []).map((text) => {
    const pair = splitPair('--field', text);
    const kind = kindOf(pair.ref);
    refuseSecret(pair.ref, kind);
    checkOpen(pair, kind);
    return pair;
  });
}

/** Refuses a value by the name of its field, where the door would only know its place in a list. Empty ones it takes. */
export function checkOpen({ ref, value }: GivenValue, kind: FieldKind): void {
  if (value !== '') checkValue({ name: ref, kind, value }, escapeText(ref));
}

/** Refuses a value that came as an argument for a field whose values are secret. */
function refuseSecret(ref: string, kind: FieldKind): void {
  if (kind !== 'secret' && kind !== 'totp') return;
  throw new Refusal('invalid_request', {
    message: `${ref} is a secret, and secrets are never given as arguments: others see those, and shells keep them.`,
    next: `Use --secret ${ref} (asked for, or read from stdin), or --secret-file ${ref}=PATH.`,
  });
}

/** The values of `--secret` and `--secret-file`, in this order. */
export async function givenSecrets(context: Context, flags: ValueFlags): Promise<readonly GivenValue[]> {
  const asked = await askedSecrets(context, flags.secret ?? []);
  const read = (flags.secretFile ?? []).map((text) => readSecretFile(splitPair('--secret-file', text)));
  return [...asked, ...read];
}

/** The fields that `--generate` fills; `main` is the main secret of the type. Throws `invalid_request` where it has none. */
export function fieldsToMake({ generate = [] }: ValueFlags, main: string | undefined): readonly string[] {
  return generate.map((name) => (name === '' ? mainOrRefuse(main) : name));
}

/** New secrets for these fields, of the form that the options say. */
export async function madeSecrets(shape: SecretShape, fields: readonly string[]): Promise<readonly GivenValue[]> {
  const made: GivenValue[] = [];
  for (const ref of fields) made.push({ ref, value: await makeSecret(shape) });
  return made;
}

function mainOrRefuse(main: string | undefined): string {
  if (main !== undefined) return main;
  throw new Refusal('invalid_request', {
    message: 'Items of this type have no main secret to make.',
    next: 'Name the field: --generate=NAME.',
  });
}

const NEXT_SECRET = 'Run it at a terminal, pipe the secret to it, or use --secret-file NAME=PATH.';

/** One secret takes all of stdin but a newline at its end, and nothing is no secret; several take a line each. */
async function askedSecrets({ input }: Context, names: readonly string[]): Promise<readonly GivenValue[]> {
  const values: GivenValue[] = [];
  for (const ref of names) {
    if (!input.isPiped) values.push({ ref, value: await input.secret(`${ref}:`, NEXT_SECRET) });
    else if (names.length === 1) values.push({ ref, value: wholeSecret(ref, await input.stdin(NEXT_SECRET)) });
    else values.push({ ref, value: (await input.stdinLine()) ?? missingLine(ref) });
  }
  return values;
}

/** An item that lacks what it was made for would be found out too late. */
function wholeSecret(ref: string, piped: string): string {
  if (piped !== '') return piped.replace(/\r?\n$/, '');
  throw new Refusal('invalid_request', { message: `Nothing was piped for ${ref}.`, next: NEXT_SECRET });
}

function missingLine(ref: string): never {
  throw new Refusal('invalid_request', {
    message: `Nothing was piped for ${ref}.`,
    next: 'Pipe a line for each --secret, in their order.',
  });
}

function readSecretFile({ ref, value: path }: GivenValue): GivenValue {
  return { ref, value: readText(path, `The file for ${ref}`) };
}

/** A file's text, byte for byte. Throws `invalid_request` where it cannot be read or is not UTF-8. */
export function readText(path: string, what: string): string {
  try {
    return decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new Refusal('invalid_request', {
      message: `${what} cannot be read (${code}).`,
      next: 'Check its path.',
      cause,
    });
  }
}

/** A type of item. Throws `invalid_request` with the nearest one. */
export function parseType(text: string): ItemType {
  return oneOf(text, ITEM_TYPES, 'type of item');
}

/** A kind of field. Throws `invalid_request` with the nearest one. */
export function parseKind(text: string): FieldKind {
  return oneOf(text, FIELD_KINDS, 'kind of field');
}

function oneOf<T extends string>(text: string, known: readonly T[], label: string): T {
  const found = known.find((one) => one === text.trim().toLowerCase());
  if (found !== undefined) return found;
  const near = nearest(text, known);
  throw new Refusal('invalid_request', {
    message: `There is no such ${label}.`,
    next: `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${known.join(', ')}.`,
  });
}
