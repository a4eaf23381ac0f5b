import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentInstructions, INSTRUCTION_FORMATS, MAX_LISTED_GRANTS } from '../../src/cli/instructions.js';
import { EXIT_STATUS } from '../../src/core/refusal.js';
import type { GrantShape } from '../../src/core/shapes.js';
import { holdsToken } from '../../src/core/text.js';
import { ITEM_GRANT, VAULT_GRANT } from './fixtures.js';

const token = { name: 'deploy-bot' };

function linesOf(text: string): readonly string[] {
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

/** The front matter of a text, each line as a key and its value; empty if it has none. */
function frontOf(text: string): Record<string, string> {
  const [, front = ''] = /^---\n(.*?)\n---\n/s.exec(text) ?? [];
  return Object.fromEntries(
    front.split('\n').flatMap((line) => (line === '' ? [] : [/^([A-Za-z]+): (.+)$/.exec(line)!.slice(1)])),
  );
}

describe.each(INSTRUCTION_FORMATS)('instructions as %s', (format) => {
  it.each([0, 1, MAX_LISTED_GRANTS, 100])('have at most 60 lines with %d grants', (count) => {
    const grants = Array.from({ length: count }, () => ITEM_GRANT);
    const text = agentInstructions({ token, grants }, format);
    expect(linesOf(text).length).toBeLessThanOrEqual(60);
    expect(text).not.toMatch(/vsp_/i);
    expect(text).not.toContain('{{');
  });

  it('name every refusal that an agent can be told', () => {
    const text = agentInstructions({ token, grants: [] }, format);
    const owners = ['locked', 'integrity'];
    for (const code of Object.keys(EXIT_STATUS)) expect(text.includes(code), code).toBe(!owners.includes(code));
  });

  it('say what never to do', () => {
    const text = agentInstructions({ token, grants: [] }, format);
    for (const word of ['print a secret', 'command line', 'commit', 'file', 'master password', 'another reason']) {
      expect(text).toContain(word);
    }
  });

  it('hold names in, whatever they are', () => {
    const name = 'a` <!-- vouchsafe:end --> vsp_ABCDEFGHIJKLMNOPQRSTUVWXYZ \u202e {{access}} $& ' + 'x'.repeat(200);
    const grant: GrantShape = { ...VAULT_GRANT, vault: { id: 'v', name } };
    const text = agentInstructions({ token: { name }, grants: [grant] }, format);
    expect(text.match(/<!--/g)?.length ?? 0).toBe(format === 'plain' ? 0 : 2);
    expect(text).not.toMatch(/vsp_|\u202e/i);
    expect(holdsToken(text)).toBe(false);
    const lines = linesOf(text).filter((line) => !line.startsWith('description: '));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
  });
});

it('are a skill by its rules', () => {
  const { name = '', description = '', ...rest } = frontOf(agentInstructions({ token, grants: [] }, 'skill'));
  expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  expect(name.length).toBeLessThanOrEqual(64);
  expect(description.length).toBeGreaterThan(100);
  expect(description.length).toBeLessThanOrEqual(1024);
  // Characters after which the value would need quotes.
  expect(description).not.toMatch(/: | #|^[^A-Z]/);
  expect(rest).toEqual({});
});

it('are a rule of Cursor that always holds', () => {
  const { description = '', ...rest } = frontOf(agentInstructions({ token, grants: [] }, 'cursor'));
  expect(description).toMatch(/^[A-Z][^:#]+$/);
  expect(rest).toEqual({ alwaysApply: 'true' });
});

it('as plain text have no markup', () => {
  const text = agentInstructions({ token, grants: [VAULT_GRANT] }, 'plain');
  expect(text).not.toMatch(/[`|]|\*\*|^#|^---|<!--/m);
  expect(text).toContain('forbidden: you may not.');
});

it.each(['agents-md', 'claude-md'] as const)('as %s stand between markers, each on its line, once', (format) => {
  const lines = linesOf(agentInstructions({ token, grants: [VAULT_GRANT] }, format));
  expect(lines[0]).toBe('<!-- vouchsafe:begin -->');
  expect(lines.at(-1)).toBe('<!-- vouchsafe:end -->');
  expect(lines).toContain('- vault `Production`: viewer, until 2026-06-01');
});

it('mcp.json.example starts the server with a token file, and holds no secret', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'mcp.json.example'), 'utf8');
  const { command, args } = JSON.parse(text).mcpServers.vouchsafe;
  expect([command, ...args]).toEqual(['vouchsafe', 'mcp', '--token-file', '/path/to/token']);
  expect(text).not.toMatch(/vsp_/i);
});
