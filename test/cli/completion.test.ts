/** What is completed where, how it is written for each shell, and what is never told. */
import { beforeAll, describe, expect, test } from 'vitest';
import { bashWord, printAnswer, pwshWord } from '../../src/cli/completion/answer.js';
import { complete, type LiveNames, type LiveQuestion } from '../../src/cli/completion/candidates.js';
import { answerShell, completionAsked } from '../../src/cli/completion/completion.js';
import { namesBy, sessionNames } from '../../src/cli/completion/live-names.js';
import { requestOfLine, requestOfWords } from '../../src/cli/completion/request.js';
import { completionScript } from '../../src/cli/completion/scripts.js';
import type { CommandGrammar } from '../../src/cli/grammar.js';
import { gatherGrammar } from '../../src/cli/program.js';
import { fakeOwner } from '../support/fake-owner.js';

let grammar: CommandGrammar;
beforeAll(async () => (grammar = await gatherGrammar()));

/** Answers with its own question, and notes it. */
function listening(): { live: LiveNames; asked: LiveQuestion[] } {
  const asked: LiveQuestion[] = [];
  const live: LiveNames = (question) => {
    asked.push(question);
    return Promise.resolve([{ text: `a ${question.kind}`, note: '' }]);
  };
  return { live, asked };
}

async function texts(...words: string[]): Promise<readonly string[]> {
  const found = await complete(grammar, requestOfWords('zsh', words), listening().live);
  return found.kind === 'words' ? found.candidates.map(({ text }) => text) : [found.kind];
}

describe('what may stand at the cursor', () => {
  test.each([[['']], [['help', '']], [['--json', '']], [['--reason', 'x', '']]])(
    'commands behind %j',
    async (words) => {
      const found = await texts(...words);
      expect(found).toEqual(expect.arrayContaining(['init', 'item', 'completion']));
      expect(found).not.toContain('complete');
      expect(found).not.toContain('welcome');
    },
  );

  test.each<[string[], string[]]>([
    [
      ['item', 'create', ''],
      ['login', 'note', 'ssh-key'],
    ],
    [
      ['help', 'item', ''],
      ['create', 'view'],
    ],
    [
      ['pat', 'create', 'x', '--role', ''],
      ['viewer', 'editor', 'manager'],
    ],
    [
      ['pat', 'create', '--role='],
      ['viewer', 'editor', 'manager'],
    ],
    [
      ['personal-access-token', 'create', '--scope', ''],
      ['read', '*'],
    ],
    [['settings', 'set', ''], ['vault.default']],
    [
      ['unlock', '--shell', ''],
      ['sh', 'fish', 'pwsh'],
    ],
    [
      ['audit', 'export', '--format', ''],
      ['jsonl', 'csv', 'ocsf', 'cef'],
    ],
    [
      ['agent', 'instructions', '--format', ''],
      ['agents-md', 'skill'],
    ],
    [
      ['agent', 'install', '--client', ''],
      ['claude-code', 'cursor'],
    ],
    [
      ['info', '--output', ''],
      ['human', 'json', 'ndjson', 'csv'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', 'pwsh'],
    ],
    [['lockdown', ''], ['lift']],
    [
      ['vault', 'delete', '-'],
      ['--confirm', '--json', '--help'],
    ],
  ])('%j: %j', async (words, expected) => {
    expect(await texts(...words)).toEqual(expect.arrayContaining(expected));
  });

  test.each<[string[], string]>([
    [['backup', '--to', ''], 'files'],
    [['backup', '-o', ''], 'files'],
    [['restore', ''], 'files'],
    [['info', '--token-file='], 'files'],
    [['recipe', 'create', 'x', '--folder', ''], 'folders'],
    [['run', '--', ''], 'files'],
    [['item', 'list', '--vault', ''], 'a vault'],
    [['item', 'list', '--vault-name='], 'a vault'],
    [['item', 'move', '--to', ''], 'a vault'],
    [['item', 'view', ''], 'a item'],
    [['item', 'restore', ''], 'a bin'],
    [['grant', ''], 'a token'],
    [['grant', 'ci', ''], 'a place'],
    [['pat', 'renew', ''], 'a token'],
    [['agent', 'renew', ''], 'a agent'],
    [['agent', 'renew', '--pat-name', ''], 'a agent'],
    [['recipe', 'run', ''], 'a recipe'],
    [['inbox', 'approve', ''], 'a request'],
  ])('%j: %s', async (words, expected) => {
    expect(await texts(...words)).toEqual([expected]);
  });

  test.each([[['nonsense', '']], [['item', 'nonsense', '']], [['pat', 'create', '--description', '']], [['lock', '']]])(
    '%j: nothing',
    async (words) => {
      expect(await texts(...words)).toEqual([]);
    },
  );

  test('an option that was given is not offered again, unless it may be repeated', async () => {
    const found = await texts('item', 'create', 'login', '--title', 'x', '--tag', 'y', '--json', '--');
    expect(found).toContain('--tag');
    expect(found).not.toContain('--title');
    expect(found).not.toContain('--json');
    expect(found).not.toContain('--share-id');
  });

  test('behind -- no option is offered, and none is read', async () => {
    expect(await texts('run', '--', 'x', '--')).toEqual(['files']);
  });

  test('items are asked for in the vault that is named', async () => {
    const { live, asked } = listening();
    await complete(grammar, requestOfWords('zsh', ['item', 'view', '--vault=CI', 'D']), live);
    await complete(grammar, requestOfWords('zsh', ['pat', 'access', 'grant', '--share-id', 'v1', '--item', '']), live);
    expect(asked).toEqual([
      { kind: 'item', vault: 'CI', text: 'D' },
      { kind: 'item', vault: 'v1', text: '' },
    ]);
  });
});

describe('the line of bash', () => {
  test.each<[string, Partial<ReturnType<typeof requestOfLine>>]>([
    ['vouchsafe ', { words: [], current: '' }],
    ['vouchsafe item  view', { words: ['item'], current: 'view', quote: '', kept: 0 }],
    ['A=1 B=2 vouchsafe item ', { words: ['item'], current: '' }],
    ['vouchsafe view "a b" \'c d\' e\\ f ', { words: ['view', 'a b', 'c d', 'e f'], current: '' }],
    ['vouchsafe "" x', { words: [''], current: 'x' }],
    ['vouchsafe "a b', { current: 'a b', quote: '"', kept: 0 }],
    ["vouchsafe it'\\ b", { current: 'it\\ b', quote: "'", kept: 2 }],
    ['vouchsafe "a\\"\\$\\x', { current: 'a"$\\x', quote: '"' }],
    ['vouchsafe --vault=My', { current: '--vault=My', kept: 8 }],
    ['vouchsafe --vault="My', { current: '--vault=My', kept: 8, quote: '"' }],
    ['vouchsafe $(touch x) `y', { words: ['$(touch', 'x)'], current: '`y' }],
    ['vouchsafe a\\', { current: 'a\\' }],
  ])('%s', (line, expected) => {
    expect(requestOfLine(line)).toMatchObject(expected);
  });
});

describe('the answer', () => {
  const HOSTILE = ['$(touch x)', '`y`', 'a"b', "it's", 'semi;colon', 'a\tb', 'a\nb', 'a\u202eb', '\u001b[31m', 'a b'];
  const candidates = HOSTILE.map((text) => ({ text, note: `${text} note` }));
  const words = (shell: 'bash' | 'zsh' | 'fish' | 'pwsh') =>
    printAnswer({ kind: 'words', candidates, before: '' }, requestOfWords(shell, ['']))
      .trimEnd()
      .split('\n');

  test.each(['bash', 'zsh', 'fish', 'pwsh'] as const)('for %s holds nothing that cannot be seen', (shell) => {
    const lines = words(shell);
    expect(lines).toHaveLength(7);
    expect(lines.join('')).not.toMatch(/[^\P{Cc}\t]|\p{Cf}/u);
  });

  test('has notes in which hidden characters stand as escapes', () => {
    const note = 'red \u001b[31m\nand \u202eback';
    const answer = printAnswer(
      { kind: 'words', candidates: [{ text: 'x', note }], before: '' },
      requestOfWords('zsh', ['']),
    );
    expect(answer).toBe('words\nx\tred \\u{1b}[31m\\u{a}and \\u{202e}back\n');
  });

  test('for bash leaves out what does not begin with what was typed, without regard to case', () => {
    const request = requestOfLine('vouchsafe view A');
    expect(printAnswer({ kind: 'words', candidates, before: '' }, request)).toBe('words\na\\"b\na\\ b\n');
  });

  test('for a value behind = has that part alone where the shell wants it', () => {
    const completion = { kind: 'words', candidates: [{ text: 'CI x', note: '' }], before: '--vault=' } as const;
    expect(printAnswer(completion, requestOfLine('vouchsafe --vault='))).toBe('value\nCI\\ x\n');
    expect(printAnswer(completion, requestOfWords('zsh', ['--vault=']))).toBe('value\nCI x\n');
    expect(printAnswer(completion, requestOfWords('fish', ['--vault=']))).toBe('value\n--vault=CI x\n');
    expect(printAnswer(completion, requestOfWords('pwsh', ['--vault=']))).toBe(
      "value\n'--vault=CI x'\t--vault=CI x\t\n",
    );
  });

  test('quotes for bash by the quotes that are open', () => {
    expect(bashWord('a b!"$`', '')).toBe('a\\ b\\!\\"\\$\\`');
    expect(bashWord('a b!"$`', '"')).toBe('a b"\\!"\\"\\$\\`');
    expect(bashWord("it's", "'")).toBe("it'\\''s");
    expect(bashWord('Zürich_1', '')).toBe('Zürich_1');
  });

  test('quotes for PowerShell, whose quotation marks may be curved', () => {
    expect(pwshWord('plain-1.x')).toBe('plain-1.x');
    expect(pwshWord("$(x) it's ’so’")).toBe("'$(x) it''s ’’so’’'");
  });
});

describe('names in the safe', () => {
  const item = (id: string, title: string, vault: string) => ({ id, title, vault, type: 'login', username: null });
  const names = async (question: Partial<LiveQuestion>, items: object[]) => {
    const door = fakeOwner({ listItems: () => Promise.resolve(items as never) }, []);
    const found = await namesBy(door, { kind: 'item', vault: undefined, text: '', ...question });
    return found.map(({ text }) => text);
  };

  test('are titles; where two are alike, with their vault', async () => {
    const items = [item('1', 'Mail', 'A'), item('2', 'mail', 'B'), item('3', 'DB', 'B')];
    expect(await names({}, items)).toEqual(['A/Mail', 'B/mail', 'DB']);
    expect(await names({ text: 'B/' }, items)).toEqual(['A/Mail', 'B/mail', 'B/DB']);
    expect(await names({ vault: 'B' }, items.slice(1))).toEqual(['mail', 'DB']);
  });

  test('that hide something, or look like an option, are given as ids', async () => {
    expect(await names({}, [item('1', 'a\u202eb', 'A'), item('2', '--force', 'A'), item('3', 'a\nb', 'A')])).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  test('are not more than a shell can show', async () => {
    const many = Array.from({ length: 1200 }, (_, i) => item(String(i), `Item ${String(i)}`, 'A'));
    expect(await names({ text: 'item 11' }, many)).toHaveLength(111);
    expect(await names({}, many)).toHaveLength(500);
  });

  test.each<[string, NodeJS.ProcessEnv]>([
    ['no session', {}],
    ['a token', { VOUCHSAFE_SESSION: 's', VOUCHSAFE_PERSONAL_ACCESS_TOKEN: 't' }],
    ['an empty token', { VOUCHSAFE_SESSION: 's', VOUCHSAFE_PERSONAL_ACCESS_TOKEN: '' }],
    ['an agent', { VOUCHSAFE_SESSION: 's', CLAUDECODE: '1' }],
    ['a password alone', { VOUCHSAFE_PASSWORD_FILE: '/nowhere' }],
  ])('are not told with %s', (_, env) => {
    expect(sessionNames(env)).toBeUndefined();
  });
});

describe('the command that scripts call', () => {
  test('says nothing where anything goes wrong', async () => {
    const env = { VOUCHSAFE_SESSION: 'no session', VOUCHSAFE_HOME: '/nowhere', VOUCHSAFE_STATE: '/nowhere' };
    const ask = (...argv: string[]) => answerShell(grammar, { argv, env });
    expect(await ask('zsh', 'item', 'view', '')).toBe('');
    expect(await ask('tcsh', 'item', '')).toBe('');
    expect(await ask('bash')).toContain('init');
    expect(await ask('zsh')).toContain('init');
  });

  test('does not ask as the owner where a token is named on the line', async () => {
    const env = { VOUCHSAFE_SESSION: 'no session' };
    expect(await answerShell(grammar, { argv: ['zsh', '--token-file', 't', 'item', 'view', ''], env })).toBe('words\n');
  });

  test('and no other, is answered without the commands', async () => {
    expect(await completionAsked(['completion', 'tcsh'], {})).toBeUndefined();
    expect(await completionAsked(['completion', 'bash', '--json'], {})).toBeUndefined();
    expect(await completionAsked(['item', 'bash'], {})).toBeUndefined();
    expect(await completionAsked(['completion', 'bash'], {})).toBe(completionScript('bash'));
  });
});

test('the script of PowerShell evaluates nothing that a name says', () => {
  const script = completionScript('pwsh');
  expect(script).toContain('Register-ArgumentCompleter -Native -CommandName vouchsafe');
  expect(script).not.toMatch(/Invoke-Expression|\biex\b|Invoke-Command|\[scriptblock\]/i);
  expect(script).toMatch(/-split "`t", 3/);
});

test.each(['bash', 'zsh', 'fish'] as const)('the script of %s evaluates nothing', (shell) => {
  expect(completionScript(shell)).not.toMatch(/\beval\b|\bsource\b|\(e\)|\$\{\(e/);
});
