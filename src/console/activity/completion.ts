/** What the field of the query offers: qualifiers, and the values of those that have known ones. */
import { ACTIONS } from '../../core/model.js';
import { KNOWN_VALUES, QUALIFIERS, type Qualifier } from '../../core/query.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { ConsoleContext } from '../area.js';
import { QUALIFIER_WORDS } from './query-words.js';

/** Where the script asks for them. */
export const COMPLETION_PATH = '/activity/completion';

/** A text that could be typed, and what it means. */
type Candidate = readonly [text: string, meaning?: string];

const TIMES: readonly Candidate[] = [
  ['today'],
  ['yesterday'],
  ['24h', 'the last 24 hours'],
  ['7d', 'the last 7 days'],
  ['30d', 'the last 30 days'],
  ['7d..1d', 'from 7 days ago to yesterday at this time'],
];

type Values = Partial<Record<Qualifier, readonly Candidate[]>>;

/** All of them, for an owner who has unlocked. Names of items and of clients are left out: there may be very many. */
export async function showCompletion(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const values: Values = {
    ...knownValues(),
    action: [...kindsOfActions(), ...ACTIONS.map((action): Candidate => [action])],
    created: TIMES,
    ...(await namesOf(door)),
  };
  return c.json({ qualifiers: QUALIFIERS.map((name): Candidate => [name, QUALIFIER_WORDS[name]]), values });
}

function knownValues(): Values {
  const values: Values = {};
  for (const qualifier of QUALIFIERS) {
    const known = KNOWN_VALUES[qualifier];
    if (known !== undefined) values[qualifier] = known.map((text) => [text]);
  }
  return values;
}

/** `item.*` and its like. */
function kindsOfActions(): readonly Candidate[] {
  const kinds = new Set(ACTIONS.filter((action) => action.includes('.')).map((action) => action.split('.')[0] ?? ''));
  return [...kinds].map((kind) => [`${kind}.*`, `all that begin with ${kind}.`]);
}

const MOST_TOKENS = 1_000;

async function namesOf(door: OwnerDoor): Promise<Values> {
  const { data: tokens } = await door.listTokens({ limit: MOST_TOKENS, all: true, agentsOnly: false });
  const vaults = await door.listVaults();
  return {
    agent: tokens.filter(({ agent }) => agent).map(({ name, id }) => [name, id]),
    token: tokens.map(({ name, id }) => [name, id]),
    vault: vaults.map(({ name }) => [name]),
  };
}
