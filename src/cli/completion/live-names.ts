/**
 * Names in the safe, as far as a session opens it: nobody is asked for a password, and lists leave no entry. A token
 * completes nothing, since each list of its would be a recorded call.
 */
import { hasHiddenCharacter } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import { agentVariable, openBy } from '../access.js';
import { placesOf } from '../places.js';
import { createInput } from '../prompt.js';
import { TOKEN_VARIABLE } from '../token-source.js';
import type { Candidate, LiveNames, LiveQuestion } from './candidates.js';

/** The owner's names, where the environment holds a session and no token, and shows no agent; else undefined. */
export function sessionNames(env: NodeJS.ProcessEnv): LiveNames | undefined {
  const session = env['VOUCHSAFE_SESSION'] ?? '';
  if (session === '' || env[TOKEN_VARIABLE] !== undefined || agentVariable(env) !== undefined) return undefined;
  return async (question) => {
    const flags = { tokenFile: undefined, reason: undefined, passwordStdin: false, noInput: true };
    const input = createInput({ mayAsk: false });
    const door = await openBy({ places: placesOf(env), env, flags, input, note: () => undefined }, { session });
    try {
      return await namesBy(door, question);
    } finally {
      await door.close();
    }
  };
}

/** More than anybody reads, and as much as a shell sorts without a pause. */
const MOST = 500;

/** The names as an owner's door gives them; of more than a shell should get, those that begin with what was typed. */
export async function namesBy(door: OwnerDoor, question: LiveQuestion): Promise<readonly Candidate[]> {
  const all = (await NAMES[question.kind](door, question)).map(shown);
  if (all.length <= MOST) return all;
  const typed = question.text.toLowerCase();
  return all.filter(({ text }) => text.toLowerCase().startsWith(typed)).slice(0, MOST);
}

interface Named {
  readonly id: string;
  readonly name: string;
  readonly note: string;
}

/** A name that cannot be seen whole is given by its id, which means the same. */
function shown({ id, name, note }: Named): Candidate {
  return hasHiddenCharacter(name) || name === '' || name.startsWith('-')
    ? { text: id, note: name }
    : { text: name, note };
}

type Names = (door: OwnerDoor, question: LiveQuestion) => Promise<readonly Named[]>;

const vaults: Names = async (door) =>
  (await door.listVaults()).map(({ id, name, description }) => ({ id, name, note: description }));

/** By title; where a title is there twice, or a vault is being typed, as `VAULT/ITEM`. */
async function items(door: OwnerDoor, { vault, text }: LiveQuestion, isTrashed: boolean): Promise<readonly Named[]> {
  const filter = { ...(vault === undefined ? {} : { vault: { by: 'any', text: vault } as const }) };
  const found = await door.listItems({ ...filter, ...(isTrashed ? { trashed: true } : {}) });
  const counts = new Map<string, number>();
  for (const { title } of found) counts.set(title.toLowerCase(), (counts.get(title.toLowerCase()) ?? 0) + 1);
  return found.map((item) => {
    const isPlain =
      vault !== undefined || !text.includes('/') || item.title.toLowerCase().startsWith(text.toLowerCase());
    const isAlone = counts.get(item.title.toLowerCase()) === 1;
    const name = isPlain && isAlone ? item.title : vault === undefined ? `${item.vault}/${item.title}` : item.id;
    return { id: item.id, name, note: [item.type, item.vault, item.username ?? ''].filter(Boolean).join(', ') };
  });
}

/** Vaults; behind a slash, the items in the vault before it. */
const places: Names = async (door, question) => {
  const known = await vaults(door, question);
  const within = known.find(({ name }) => question.text.toLowerCase().startsWith(`${name.toLowerCase()}/`));
  if (within === undefined) return known;
  const found = await door.listItems({ vault: { by: 'id', text: within.id } });
  return found.map(({ id, title, type }) => ({
    id: `${within.id}/${id}`,
    name: `${within.name}/${title}`,
    note: type,
  }));
};

function tokens(agentsOnly: boolean): Names {
  return async (door) => {
    const { data } = await door.listTokens({ all: false, agentsOnly, limit: 1000 });
    return data.map(({ id, name, status, description }) => ({
      id,
      name,
      note: [status, description].filter(Boolean).join(', '),
    }));
  };
}

const NAMES: Readonly<Record<LiveQuestion['kind'], Names>> = {
  vault: vaults,
  place: places,
  item: (door, question) => items(door, question, false),
  bin: (door, question) => items(door, question, true),
  token: tokens(false),
  agent: tokens(true),
  recipe: async (door) => (await door.listRecipes()).map(({ id, name, vault }) => ({ id, name, note: vault.name })),
  request: async (door) =>
    (await door.listRequests({ all: false })).map(({ id, reason }) => ({ id, name: id, note: reason ?? '' })),
};
