/** Editing configurations: what others wrote stays, byte for byte. */
import ts from 'typescript';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientOf } from '../../src/cli/install/clients.js';
import { diffLines } from '../../src/cli/install/diff.js';
import { entryIn, withEntry, withoutEntry } from '../../src/cli/install/document.js';
import type { Entry } from '../../src/cli/install/entry.js';
import { Refusal } from '../../src/core/refusal.js';

const CLAUDE = clientOf('claude-code');
const CODEX = clientOf('codex');
const ENTRY: Entry = { type: 'stdio', command: 'vouchsafe', args: ['mcp', '--token-file', '/home/u/bot.token'] };
const PLACED: Entry = { ...ENTRY, env: { VOUCHSAFE_HOME: '/srv/safe' } };
const TABLE: Entry = { command: 'vouchsafe', args: ['mcp', '--token-file', '/home/u/bot.token'] };

const source = (text: string | null) => ({ path: 'config', text });
/** Comments and trailing commas are allowed; another parser than the one that edits. */
const parsed = (text: string) => {
  const { config, error } = ts.parseConfigFileTextToJson('x.json', text);
  expect(error).toBeUndefined();
  return config;
};

const JSONS = {
  'comments everywhere': `// top
{
  /* before */
  "theme": "dark", // why
  "mcpServers": {
    // the other one
    "other": { "command": "x", "env": { "KEY": "v" } } // behind
    // last
  }, // end
  "z": [1, 2]
}
// bottom
`,
  tabs: '{\n\t"mcpServers": {\n\t\t"other": {\n\t\t\t"command": "x"\n\t\t}\n\t}\n}\n',
  'four spaces and no last line break': '{\n    "a": 1,\n    "mcpServers": {\n        "b": {}\n    }\n}',
  'trailing commas': '{\n  "mcpServers": {\n    "other": {\n      "command": "x",\n    },\n  },\n}\n',
  'a trailing comma and a comment': '{\n  "mcpServers": {\n    "other": {}, // one\n    // two\n  },\n}\n',
  'line endings of Windows': '{\r\n  "mcpServers": {\r\n    "other": {}\r\n  }\r\n}\r\n',
  'a byte order mark': '\ufeff{\n  "mcpServers": {\n    "other": {}\n  }\n}\n',
  'all on one line': '{"a":1,"mcpServers":{"other":{"command":"x"}}}',
  'all on one line, with spaces': '{ "a": 1, "mcpServers": { "other": { "command": "x" } } }\n',
  'servers on one line': '{\n  "mcpServers": { "other": { "command": "x" } }, // mine\n  "a": 1\n}\n',
  'no servers yet': '{\n  "a": 1, // one\n  "b": 2\n}\n',
  'names that need escapes': '{\n  "mcpServers": {\n    "o\\"t/h\\u00e9r": {}\n  }\n}\n',
};

describe.each(Object.entries(JSONS))('JSON with %s', (_, text) => {
  test.each([
    ['an entry', ENTRY],
    ['an entry with an environment', PLACED],
  ])('takes %s, keeps the rest, and gives it back', (__, entry) => {
    const made = withEntry(CLAUDE, source(text), entry);
    const { mcpServers, ...rest } = parsed(made);
    const { mcpServers: before = {}, ...restBefore } = parsed(text);
    expect(mcpServers).toEqual({ ...before, vouchsafe: entry });
    expect(rest).toEqual(restBefore);
    for (const [comment] of text.matchAll(/\/\/.*|\/\*.*?\*\//g)) expect(made).toContain(comment.trim());
    const order = (of: string) => Object.keys(parsed(of));
    expect(order(made).filter((name) => order(text).includes(name))).toEqual(order(text));
    expect(withEntry(CLAUDE, source(made), entry)).toBe(made);
    expect(withoutEntry(CLAUDE, source(made))).toBe(text);
  });
});

test('lines are ended as they were', () => {
  expect(withEntry(CLAUDE, source(JSONS['line endings of Windows']), PLACED)).not.toMatch(/[^\r]\n/);
  expect(withEntry(CODEX, source('a = 1\r\n'), TABLE)).not.toMatch(/[^\r]\n/);
});

test('a new file has the entry alone, and without it nothing is left', () => {
  for (const text of [null, '', '\n', '{}', '{ }\n']) {
    const made = withEntry(CLAUDE, source(text), ENTRY);
    expect(JSON.parse(made)).toEqual({ mcpServers: { vouchsafe: ENTRY } });
    expect(withoutEntry(CLAUDE, source(made))).toBeNull();
  }
});

test('an entry of ours keeps what its owner added, and its comments', () => {
  const text = `{
  "mcpServers": {
    "vouchsafe": {
      // mine
      "command": "old", // was
      "disabled": false,
      "env": { "EXTRA": "1" }
    },
    "other": {}
  }
}
`;
  const made = withEntry(CLAUDE, source(text), PLACED);
  expect(parsed(made).mcpServers.vouchsafe).toEqual({
    ...{ command: 'vouchsafe', disabled: false, args: ENTRY.args, type: 'stdio' },
    env: { EXTRA: '1', VOUCHSAFE_HOME: '/srv/safe' },
  });
  for (const comment of ['// mine', '// was']) expect(made).toContain(comment);
});

test('a token in the entry goes, and one of another kind is replaced', () => {
  const token = { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: 'vsp_canary' };
  const held = JSON.stringify({ mcpServers: { vouchsafe: { command: 'vouchsafe', args: ['mcp'], env: token } } });
  expect(JSON.parse(withEntry(CLAUDE, source(held), ENTRY)).mcpServers.vouchsafe).toEqual(ENTRY);
  const mixed = JSON.stringify({ mcpServers: { vouchsafe: { command: 'x', env: { ...token, A: 'b' } } } });
  expect(JSON.parse(withEntry(CLAUDE, source(mixed), ENTRY)).mcpServers.vouchsafe.env).toEqual({ A: 'b' });
  const remote = JSON.stringify({ mcpServers: { vouchsafe: { type: 'http', url: 'http://127.0.0.1:1' } } });
  expect(JSON.parse(withEntry(CLAUDE, source(remote), ENTRY)).mcpServers.vouchsafe).toEqual(ENTRY);
});

describe('what cannot be read', () => {
  test.each([
    ['a hole', '{\n  "a": ,\n}\n', 2],
    ['an open brace', '{\n  "mcpServers": {\n', 3],
    ['a list', '[]\n', 1],
    ['servers that are a list', '{\n  "a": 1,\n  "mcpServers": []\n}\n', 3],
    ['servers that are null', '{\n  "mcpServers": null\n}\n', 2],
    ['an entry that is there twice', '{\n  "mcpServers": {\n    "vouchsafe": {},\n    "vouchsafe": {}\n  }\n}\n', 4],
    ['servers that are there twice', '{\n  "mcpServers": {},\n  "mcpServers": {}\n}\n', 3],
  ])('is refused with its line, and repeats nothing: %s', (_, text, line) => {
    const error = thrown(() => withEntry(CLAUDE, source(text), ENTRY));
    expect(error.code).toBe('conflict');
    expect(error.message).toContain(`line ${String(line)} `);
  });

  test('but what is there twice elsewhere is not ours to mend', () => {
    const text = '{\n  "theme": "a",\n  "theme": "b",\n  "mcpServers": { "x": 1, "x": 2 }\n}\n';
    expect(withoutEntry(CLAUDE, source(withEntry(CLAUDE, source(text), ENTRY)))).toBe(text);
  });

  test.each([
    ['two signs', 'a = 1\nb = = "canary-3f"\n', 2],
    ['a table that is there twice', '[a]\nx = 1\n\n[a]\ny = 2\n', 4],
    ['servers that are a value', 'mcp_servers = 3\n', 1],
  ])('is refused in TOML too: %s', (_, text, line) => {
    const error = thrown(() => withEntry(CODEX, source(text), TABLE));
    expect(error.code).toBe('conflict');
    expect(error.message).toContain(`line ${String(line)} `);
    expect(error.message).not.toContain('canary');
  });
});

function thrown(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const TOMLS = {
  'comments everywhere': `# top
model = "gpt" # which

# the other one
[mcp_servers.other]
command = 'x' # how
args = [
  "a", # first
]

[projects."/home/u/p"] # trusted
trust_level = "trusted"
# bottom
`,
  'line endings of Windows': 'a = 1 # one\r\n\r\n[b]\r\nc = 2\r\n',
  'a byte order mark': '\ufeffa = 1\n',
  'servers in one line': 'mcp_servers = { other = { command = "x" } } # mine\na = 1\n',
  'servers by dotted keys': 'mcp_servers.other.command = "x" # mine\n',
  'an empty table of servers': '[mcp_servers]\n# none yet\n',
  'text that looks like a header': 'a = """\n[mcp_servers.vouchsafe]\n"""\nb = [\n  [1], # x\n[2],\n]\n',
  'dates and large numbers': 'd = 2026-11-25T10:00:00Z\nn = 9007199254740993\nf = 1.50\n',
};

describe.each(Object.entries(TOMLS))('TOML with %s', (_, text) => {
  test.each([
    ['an entry', TABLE],
    ['an entry with an environment', { ...TABLE, env: { VOUCHSAFE_HOME: '/srv/a "b"' } }],
  ])('takes %s, keeps the rest, and gives it back', (__, entry) => {
    const made = withEntry(CODEX, source(text), entry);
    expect(entryIn(CODEX, source(made))).toEqual(entry);
    for (const line of text.split('\n')) expect(made).toContain(line.trim().replace(/\}.*$/, ''));
    expect(withEntry(CODEX, source(made), entry)).toBe(made);
    expect(withoutEntry(CODEX, source(made))).toBe(text);
  });
});

test('a table of ours keeps what its owner added, and what follows keeps its comment', () => {
  const text = `[mcp_servers.vouchsafe] # ours
command = "old" # was
startup_timeout_sec = 20 # slow machine

# about the other
[mcp_servers.other]
command = "x"
`;
  const made = withEntry(CODEX, source(text), { ...TABLE, env: { A: 'b' } });
  expect(made).toBe(`[mcp_servers.vouchsafe] # ours
args = ["mcp", "--token-file", "/home/u/bot.token"]
env = { A = "b" }
command = "vouchsafe" # was
startup_timeout_sec = 20 # slow machine

# about the other
[mcp_servers.other]
command = "x"
`);
  expect(withoutEntry(CODEX, source(made))).toBe('# about the other\n[mcp_servers.other]\ncommand = "x"\n');
});

test('what is written has no comma that TOML 1.0 does not know', () => {
  const text = 'mcp_servers = { other = { command = "x", args = ["a", ] } }\n';
  const made = withEntry(CODEX, source(text), { ...TABLE, env: { A: 'b' } });
  expect(made).not.toMatch(/,\s*\}/);
});

const names = fc.stringMatching(/^[a-z]{1,6}$/).filter((name) => name !== 'vouchsafe');
const layout = fc.constantFrom(undefined, 1, 2, 4, '\t');

test('for every JSON: the rest reads as before, twice is once, and it can be taken out', () => {
  const servers = fc.dictionary(names, fc.record({ command: fc.string() }), { minKeys: 1, maxKeys: 4 });
  const all = fc.tuple(fc.dictionary(names, fc.jsonValue()), servers, fc.boolean());
  fc.assert(
    fc.property(all, layout, ([others, mcpServers, isFirst], indent) => {
      const text = JSON.stringify(isFirst ? { mcpServers, ...others } : { ...others, mcpServers }, null, indent);
      const value = JSON.parse(text);
      const made = withEntry(CLAUDE, source(text), PLACED);
      expect(JSON.parse(made)).toEqual({ ...value, mcpServers: { ...mcpServers, vouchsafe: PLACED } });
      expect(withEntry(CLAUDE, source(made), PLACED)).toBe(made);
      expect(withoutEntry(CLAUDE, source(made))).toBe(text);
    }),
  );
});

test('for every JSON with comments: none is lost or moved, and it comes back byte for byte', () => {
  const servers = fc.dictionary(names, fc.record({ command: fc.constant('x') }), { minKeys: 1, maxKeys: 3 });
  const marks = fc.array(fc.constantFrom('', '', ' // behind', '\n  // below', ' /* a, */', '\n/* { */'), {
    minLength: 40,
  });
  fc.assert(
    fc.property(fc.dictionary(names, fc.integer()), servers, marks, (others, mcpServers, comments) => {
      const lines = JSON.stringify({ ...others, mcpServers, z: 1 }, null, 2).split('\n');
      const text = lines.map((line, index) => `${line}${comments[index] ?? ''}\n`).join('');
      const made = withEntry(CLAUDE, source(text), ENTRY);
      expect(parsed(made)).toEqual({ ...others, mcpServers: { ...mcpServers, vouchsafe: ENTRY }, z: 1 });
      expect(withoutEntry(CLAUDE, source(made))).toBe(text);
    }),
  );
});

describe('the change as it is shown', () => {
  const shown = (text: string) => diffLines(text, withEntry(CLAUDE, source(text), ENTRY)).join('\n');

  test('has our lines and no others', () => {
    const text = '{\n  "mcpServers": {\n    "other": {\n      "env": { "KEY": "canary-5d" }\n    }\n  }\n}\n';
    expect(shown(text)).toMatch(/^@@ line 5 @@\n\+    \},\n\+    "vouchsafe": \{\n(\+.*\n?){3}$/);
    expect(shown(text)).not.toContain('canary');
  });
  test('has no secret of others where all is on one line', () => {
    const text = '{"mcpServers":{"other":{"env":{"KEY":"canary-5d"}}}}';
    expect(shown(text)).toContain('--token-file');
    expect(shown(text)).not.toContain('canary');
  });
  test('has no token that stood there', () => {
    const token = `vsp_${'a'.repeat(64)}::${'b'.repeat(43)}`;
    const env = { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token };
    const text = JSON.stringify({ mcpServers: { vouchsafe: { command: 'vouchsafe', args: ['mcp'], env } } }, null, 2);
    expect(shown(text)).toContain('vsp_…');
    expect(shown(text)).not.toContain('aaaa');
  });
  test('is empty where nothing changes', () => {
    expect(diffLines('a\n', 'a\n')).toEqual([]);
  });
  test('cannot move the cursor', () => {
    expect(diffLines('', '\u001b[2J\n').join('')).toContain('\\u{1b}');
  });
});
