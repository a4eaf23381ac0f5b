/** The two nouns of tokens, `pat` and `agent`: the same verbs, over all tokens or over those of agents. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { TokenShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { Reference } from '../../gate/named.js';
import type { Context, Runner } from '../context.js';
import { cancelled } from '../prompt.js';
import { shellWord } from './naming.js';

/** A noun as its verbs see it. */
export interface Noun {
  readonly command: Command;
  readonly run: Runner;
  readonly name: 'pat' | 'agent';
  /** Whether it makes and takes tokens with the agent flag alone. */
  readonly isAgent: boolean;
}

/** The token as the noun's verbs take it: by its id, once it is known to be an agent's where it has to be. */
export async function resolveToken(noun: Noun, door: OwnerDoor, token: Reference): Promise<TokenShape> {
  const found = await door.findToken(token);
  if (!noun.isAgent || found.agent) return found;
  throw new Refusal('not_found', {
    message: `${escapeText(found.name)} is a token, but not an agent's.`,
    next: `Use the same command with pat in place of agent: vouchsafe pat … ${shellWord(found.id)}`,
  });
}

/** A reference to a token that was found. */
export function referTo(token: TokenShape): Reference {
  return { by: 'id', text: token.id };
}

/** Says of a renewed token that it is still frozen, if it is: one that had expired did not tell before. */
export async function noteIfFrozen({ out }: Context, door: OwnerDoor, before: TokenShape): Promise<void> {
  if (out.format !== 'human') return;
  const { status, id } = before.status === 'expired' ? await door.findToken(referTo(before)) : before;
  if (status === 'frozen')
    out.note(`It is still frozen: everything is refused to it until you run vouchsafe pat unfreeze ${id}`);
}

/**
 * Asks before something is deleted for good; returns only after a yes, and a no ends the command as Ctrl-C does. With
 * `force` nothing is asked. With an output for programs, or without a terminal, it throws `invalid_request`.
 */
export async function confirmForGood({ out, input }: Context, question: string, force: boolean): Promise<void> {
  if (force) return;
  const next = 'Add --force to do it without being asked.';
  if (out.format !== 'human') {
    const message = `This can't be undone, and with --output ${out.format} nobody is asked.`;
    throw new Refusal('invalid_request', { message, next });
  }
  if (!(await input.confirm(question, next))) throw cancelled();
}
