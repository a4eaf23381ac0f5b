import { expect, test } from 'vitest';
import { printConnect, readConnect } from '../../src/cli/connect-target.js';
import { Refusal } from '../../src/core/refusal.js';

test.each([
  ['https://safe.example.com', 'https://safe.example.com/mcp'],
  ['https://safe.example.com/', 'https://safe.example.com/mcp'],
  ['https://safe.example.com:8443/team/mcp', 'https://safe.example.com:8443/team/mcp'],
  ['http://127.0.0.1:7777/mcp', 'http://127.0.0.1:7777/mcp'],
  ['http://127.3.2.1:7777', 'http://127.3.2.1:7777/mcp'],
  ['http://[::1]:7777', 'http://[::1]:7777/mcp'],
  ['http://localhost:7777', 'http://localhost:7777/mcp'],
  ['unix:/run/vouchsafe/mcp.sock', 'unix:/run/vouchsafe/mcp.sock'],
  ['unix:/run/../run/a b.sock', 'unix:/run/a b.sock'],
])('%s leads to %s, which means the same again', (text, printed) => {
  const target = readConnect(text);
  expect(printConnect(target)).toBe(printed);
  expect(readConnect(printed)).toEqual(target);
});

test.each([
  '',
  'safe.example.com',
  'file:///etc/passwd',
  'javascript:1',
  'http://safe.example.com/mcp',
  'http://10.0.0.1:7777/mcp',
  'http://0.0.0.0:7777/mcp',
  'http://127.0.0.1.example.com/mcp',
  'http://localhost.example.com/mcp',
  'http://[::2]/mcp',
  'https://hunter2@safe.example.com/mcp',
  'https://:hunter2@safe.example.com/mcp',
  'https://safe.example.com/mcp?token=hunter2',
  'https://safe.example.com/mcp#hunter2',
  'https://safe.example.com/mcp?',
  'unix:',
  'unix:/tmp/\0',
  `unix:/${'a'.repeat(200)}`,
])('%j is refused, and not repeated', (text) => {
  const refusal = thrown(() => readConnect(text));
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({
    code: 'invalid_request',
    facts: { next: expect.stringContaining('--connect https:') },
  });
  expect(JSON.stringify(refusal)).not.toContain('hunter2');
});

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
