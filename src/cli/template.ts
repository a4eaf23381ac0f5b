/**
 * Templates for `inject`: `{{ vouchsafe://… }}`, with or without spaces, stands for a value. Everything else stays byte
 * for byte: other braces, references without braces, line ends, a byte order mark.
 */
import { parseReference, type SecretReference } from '../core/reference.js';
import { Refusal } from '../core/refusal.js';

const OPENING = /\{\{[ \t]*(?=vouchsafe:\/\/)/gi;
const REFERENCE = /[^\s{}]*/y;
const CLOSING = /[ \t]*\}\}/y;

interface Hole {
  readonly start: number;
  readonly end: number;
  readonly reference: SecretReference;
}

/**
 * The text of a template file. Throws `invalid_request` for bytes that are not UTF-8, or with a NUL: they could not be
 * given back as they are.
 */
export function readTemplate(bytes: Uint8Array): string {
  const text = decode(bytes);
  if (text === undefined || text.includes('\0')) {
    throw new Refusal('invalid_request', {
      message: 'The template is no text in UTF-8.',
      next: 'Give a text file; keep binary data out of it.',
    });
  }
  return text;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * What the template asks for, in the order in which it stands there, repetitions too. Throws `invalid_request` with the
 * line if something in braces begins like a reference and is none.
 */
export function referencesIn(template: string): readonly SecretReference[] {
  return holesIn(template).map(({ reference }) => reference);
}

/**
 * The template with each `{{ REFERENCE }}` replaced by what `values` gives for it. What is put in is not looked through
 * again. Throws as {@link referencesIn} does, before `values` is asked.
 */
export function fillTemplate(template: string, values: (reference: SecretReference) => string): string {
  let done = 0;
  let filled = '';
  for (const { start, end, reference } of holesIn(template)) {
    filled += template.slice(done, start) + values(reference);
    done = end;
  }
  return filled + template.slice(done);
}

function holesIn(template: string): readonly Hole[] {
  const holes: Hole[] = [];
  const opening = new RegExp(OPENING);
  for (let match = opening.exec(template); match !== null; match = opening.exec(template)) {
    const hole = readHole(template, match.index, opening.lastIndex);
    holes.push(hole);
    opening.lastIndex = hole.end;
  }
  return holes;
}

function readHole(template: string, start: number, body: number): Hole {
  const text = matchAt(REFERENCE, template, body) ?? '';
  const closing = matchAt(CLOSING, template, body + text.length);
  try {
    if (closing === undefined) refuseOpen();
    return { start, end: body + text.length + closing.length, reference: parseReference(text) };
  } catch (error) {
    throw withLine(error, template.slice(0, start).split(/\r\n|\r|\n/).length);
  }
}

function matchAt(sticky: RegExp, text: string, at: number): string | undefined {
  const pattern = new RegExp(sticky);
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function refuseOpen(): never {
  throw new Refusal('invalid_request', {
    message: 'The reference stands after {{ and no }} follows it.',
    next: 'Write {{ vouchsafe://VAULT/ITEM/FIELD }}, with nothing else between the braces.',
  });
}

function withLine(error: unknown, line: number): unknown {
  if (!(error instanceof Refusal)) return error;
  const fault = error.message.replace(/^The/, 'the');
  return new Refusal(error.code, { ...error.facts, message: `In line ${String(line)} of the template, ${fault}` });
}
