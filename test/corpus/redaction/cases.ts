/** The corpus, made from its files and a seed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLASSES, encodersOf, type Parts } from './encoders.ts';

export interface Case {
  readonly class: string;
  readonly encoder: string;
  readonly shape: string;
  readonly parts: Parts;
}

/** A text without a secret. */
export interface Benign {
  readonly kind: string;
  readonly text: string;
}

const ALPHABETS: Record<string, string> = {
  any: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  digit: '0123456789',
  hex: '0123456789abcdef',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  base64url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  special: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ',
  letters: 'äéîõüßøñçžŁŐжщюяΩλאבעمنकख日本語한글€🔑🦊',
};

/** Numbers below 1 that look random and are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many characters of an alphabet. */
export function draw(random: () => number, alphabet: string, count: number): string {
  const characters = Array.from(ALPHABETS[alphabet] ?? '');
  return Array.from({ length: count }, () => characters[Math.floor(random() * characters.length)]).join('');
}

function lines<Line>(name: string): Line[] {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Fixed text, or an alphabet and how many of its characters. */
type Part = readonly [kind: string, what: string | number];

/** A secret of each shape. */
export function makeSecrets(random: () => number): { shape: string; secret: string }[] {
  return lines<{ shape: string; parts: Part[] }>('secrets.jsonl').map(({ shape, parts }) => ({
    shape,
    secret: parts.map(([kind, what]) => (typeof what === 'string' ? what : draw(random, kind, what))).join(''),
  }));
}

/** Every secret by every encoder in every text. */
export function* makeCases(random: () => number): Generator<{ secret: string; cases: Case[] }> {
  const templates = lines<{ before: string; after: string }>('templates.jsonl');
  for (const { shape, secret } of makeSecrets(random)) {
    const inner = secret.trimEnd();
    const cases = CLASSES.flatMap((name) =>
      encodersOf(name, inner.includes('\n')).flatMap(([encoder, encode]) =>
        templates.map((around) => ({ class: name, encoder, shape, parts: encode(inner, around) })),
      ),
    );
    yield { secret, cases: [...cases, ...singleLines(inner, shape)] };
  }
}

/** Each line of a secret of several lines, that says enough and is in every secret of its kind, on its own. */
function singleLines(secret: string, shape: string): Case[] {
  if (!secret.includes('\n')) return [];
  const telling = secret.split('\n').filter((line) => !line.startsWith('-----') && /(\w\W*){8}/.test(line));
  return telling.map((line) => ({ class: 'line', encoder: 'alone', shape, parts: ['> ', line, '\nmore\n'] }));
}

/** Every text without a secret, with its random parts drawn. */
export function makeBenign(random: () => number): Benign[] {
  return lines<Benign>('benign.jsonl').map(({ kind, text }) => ({
    kind,
    text: text.replace(/\{(\w+):(\d+)\}/g, (_, alphabet: string, count: string) =>
      alphabet === 'hexpair'
        ? Array.from({ length: Number(count) }, () => draw(random, 'hex', 2)).join(' ')
        : draw(random, alphabet, Number(count)),
    ),
  }));
}

/** The same bytes in pieces of random length. */
export function cut(random: () => number, bytes: Uint8Array, longest: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(random() * longest);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
