/** The documents, and how the tests read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
export const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/clients.md',
  'docs/access.md',
  'docs/audit.md',
  'docs/ci.md',
  'docs/claude-code.md',
  'docs/console.md',
  'docs/log.md',
  'docs/moving.md',
  'docs/proof.md',
  'docs/rotate.md',
  'docs/serving.md',
  'docs/shell.md',
  'docs/team.md',
  'docs/using.md',
];
/** The templates from which instructions for agents are made. */
export const TEMPLATES = readdirSync(join(root, 'agent-instructions')).map((file) => `agent-instructions/${file}`);

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** What stands under a heading, up to the next of the same depth or higher. */
export function section(page: string, heading: string): string {
  const lines = read(page).split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`${page} has no heading ${heading}`);
  const depth = heading.indexOf(' ');
  let isCode = false;
  const end = lines.findIndex((line, i) => {
    if (line.startsWith('```')) isCode = !isCode;
    return i > start && !isCode && /^#+ /.test(line) && line.indexOf(' ') <= depth;
  });
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** The rows of the one table in a text, without its head: cells as they stand. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** All that stands in backticks. */
export function codeWords(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word!);
}

/** The fenced blocks of a language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, name, body]) => (name === language ? [body!] : []));
}

/** Prose alone: no blocks, no code, no comments. */
export function prose(text: string): string {
  return text
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, '')
    .replaceAll('![', '[')
    .replace(/<!--.*?-->/gs, '');
}
