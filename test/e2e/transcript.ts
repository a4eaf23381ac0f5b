/**
 * Transcripts: what a person types and what is printed. `$ ` begins a command line of `sh`, `! ` a line on stderr,
 * `[exit 2]` says that it failed; everything else is stdout. What is each time another stands as `<token>`, `<id>`,
 * `<time>`, `<day>`, `<hash>` and `<n>` (of an entry or revision). The width of columns depends on ids: it is not compared.
 *
 * `$TOKEN` is the token that was printed last.
 */
import { expect } from 'vitest';
import { execute, type Station } from './station.js';

const VARYING: readonly (readonly [RegExp, string])[] = [
  [/vsp_[0-9A-Za-z]{64}::[0-9A-Za-z_-]{43}/g, '<token>'],
  [/vss_[0-9a-z]{16}_[0-9A-Za-z_-]{43}/g, '<session>'],
  [/\b[0-9a-f]{64,}\b/g, '<hash>'],
  [/\b[a-z]+(?:-[a-z]+){3,}\b/g, '<id>'],
  [/\b(?:[0-9a-z]{16}|[0-9a-z]{32})\b/g, '<id>'],
  [/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, '<time>'],
  [/\b\d{4}-\d{2}-\d{2} \d{2}:\d{2}\b/g, '<time>'],
  [/\b2\d{3}-\d{2}-\d{2}\b/g, '<day>'],
  [/ {2,}/g, '  '],
  [/^ *[0-9]+(?=  <time>)|(?<=^revision  )[0-9]+/g, '<n>'],
];

/** The text without what differs from run to run. */
export function settled(text: string): string {
  return VARYING.reduce((settling, [pattern, word]) => settling.replace(pattern, word), text);
}

/** Plays the commands of a transcript and expects all that it says, line by line. */
export async function play(station: Station, transcript: string, env: Record<string, string> = {}): Promise<void> {
  const expected = transcript.trim().split('\n').map(unaligned);
  const variables: Record<string, string | undefined> = { ...env };
  const played: string[] = [];
  for (const command of expected.flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : []))) {
    const { status, stdout, stderr } = await execute('/bin/sh', ['-c', command], {
      env: station.environment(variables),
    });
    variables['TOKEN'] = /vsp_[0-9A-Za-z]{64}::[0-9A-Za-z_-]{43}/.exec(stdout)?.[0] ?? variables['TOKEN'];
    played.push(`$ ${command}`, ...linesOf(stdout), ...linesOf(stderr).map((line) => `! ${line}`));
    if (status !== 0) played.push(`[exit ${String(status)}]`);
  }
  expect(played.join('\n')).toBe(expected.join('\n'));
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n').map(settled).map(unaligned);
}

function unaligned(line: string): string {
  return line.trim().replace(/ {2,}/g, '  ');
}
