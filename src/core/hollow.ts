/** Reasons that say nothing. */
import { foldName } from './text.js';

/** Words that say nothing about what an access is for, alone or together. */
export const HOLLOW_WORDS: readonly string[] = [
  ...['a', 'an', 'and', 'any', 'as', 'at', 'be', 'by', 'can', 'could', 'do', 'for', 'from', 'give', 'has', 'have'],
  ...['here', 'i', 'in', 'is', 'it', 'its', 'just', 'me', 'must', 'my', 'now', 'of', 'on', 'or', 'our', 'out', 'per'],
  ...['please', 'so', 'some', 'that', 'the', 'them', 'these', 'this', 'to', 'up', 'us', 'we', 'will', 'with', 'you'],
  ...['your', 'access', 'accessing', 'action', 'agent', 'ai', 'ask', 'asked', 'asks', 'because', 'call', 'check'],
  ...['command', 'complete', 'continue', 'credential', 'credentials', 'data', 'debug', 'debugging', 'fetch', 'field'],
  ...['fields', 'fulfil', 'fulfill', 'get', 'getting', 'help', 'info', 'information', 'instructed', 'instruction'],
  ...['instructions', 'item', 'items', 'key', 'list', 'login', 'look', 'n', 'na', 'need', 'needed', 'needs', 'none'],
  ...['obtain', 'password', 'passwords', 'permission', 'proceed', 'prompt', 'provide', 'purpose', 'read', 'reading'],
  ...['reason', 'reasons', 'request', 'requested', 'requests', 'require', 'required', 'requires', 'retrieve', 'said'],
  ...['secret', 'secrets', 'see', 'task', 'tasks', 'tbd', 'test', 'testing', 'tests', 'todo', 'tool', 'unknown', 'use'],
  ...[
    'used',
    'user',
    'users',
    'using',
    'value',
    'values',
    'vault',
    'vaults',
    'view',
    'want',
    'wanted',
    'wants',
    'work',
  ],
  ...['working', 'xxx', 'asdf', 'foo', 'bar', 'abc', 'ok', 'yes', 'no', 'whatever', 'something', 'stuff', 'things'],
];

const HOLLOW = new Set(HOLLOW_WORDS);
const WORD = /[\p{L}\p{N}]+/gu;

/**
 * Whether every word of a reason says nothing: it is in {@link HOLLOW_WORDS}, is a part of the tool's own name, or is a
 * single letter. Case and punctuation do not count. A number or a name alone is something said.
 */
export function isHollow(reason: string, tool: string | null): boolean {
  const own = new Set(wordsOf(tool ?? ''));
  return wordsOf(reason).every((word) => HOLLOW.has(word) || own.has(word) || /^\p{L}$/u.test(word));
}

function wordsOf(text: string): readonly string[] {
  return foldName(text).match(WORD) ?? [];
}
