/** `pat compromised`: a token in the wrong hands is frozen, and what it was given is a checklist until all is changed. */
import { Option, type Command } from 'commander';
import type { CompromisedShape, ExposedShape } from '../../core/rule-shapes.js';
import { escapeText } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import { wrap } from '../width.js';
import { shellWord, tokenOf, addTokenFlags, type TokenFlags } from './naming.js';
import { referTo, type Noun } from './noun.js';
import { collect } from './option-alias.js';
import { findEndable, MOST_TOKENS } from './token-change.js';
import { expiryText } from './token-text.js';

interface CompromisedFlags extends TokenFlags {
  readonly done?: readonly string[];
}

/** Adds the verb to the noun. */
export function registerCompromised(noun: Noun): void {
  const command: Command = addTokenFlags(noun.command.command('compromised [token]'))
    .description('freeze a token that others may have, and list what to change; without a token, the open lists')
    .addOption(new Option('--done <item>', 'this one is changed, by id or title; repeatable').argParser(collect));
  withExamples(command, [
    `vouchsafe ${noun.name} compromised deploy-bot`,
    `vouchsafe ${noun.name} compromised deploy-bot --done "DB password"`,
    `vouchsafe ${noun.name} compromised`,
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: CompromisedFlags) => {
      const isNamed = [argument, flags.patId, flags.patName, flags.token].some((text) => text !== undefined);
      if (isNamed || flags.done !== undefined) await open(context, noun, { argument, flags });
      else await list(context, noun);
    }),
  );
}

interface Named {
  readonly argument: string | undefined;
  readonly flags: CompromisedFlags;
}

async function open(context: Context, noun: Noun, { argument, flags }: Named): Promise<void> {
  const named = tokenOf(flags, argument);
  const door = await context.owner();
  const token = await findEndable(noun, door, named);
  const { out } = context;
  const found = await door.compromised(referTo(token), flags.done ?? []);
  out.say(found, [...checklist(context, found), '', nextText(noun, found)].join('\n'));
}

async function list(context: Context, noun: Noun): Promise<void> {
  const { out } = context;
  const door = await context.owner();
  const all = await door.listCompromised();
  const lists = noun.isAgent ? await ofAgents(door, all) : all;
  const texts = lists.map((one) => checklist(context, one).join('\n'));
  out.list(
    lists,
    null,
    texts.length === 0 ? 'There is no token of which anything is to be changed.' : texts.join('\n\n'),
  );
  if (out.format === 'human' && lists.length > 0)
    out.note(`\nNext: change them, then vouchsafe ${noun.name} compromised TOKEN --done ITEM`);
}

async function ofAgents(door: OwnerDoor, all: readonly CompromisedShape[]): Promise<readonly CompromisedShape[]> {
  const { data } = await door.listTokens({ all: true, agentsOnly: true, limit: MOST_TOKENS });
  return all.filter(({ token }) => data.some(({ id }) => id === token.id));
}

/** The list with a line on top that says whose it is; the worst stands first. */
function checklist({ out }: Context, { token, frozen, items }: CompromisedShape): readonly string[] {
  const left = items.filter(({ done }) => !done).length;
  const name = `${escapeText(token.name)} (${token.id})`;
  const head = `${name} ${frozen ? 'is frozen' : 'has ended, or is not frozen'}`;
  if (items.length === 0) return [`${head}. It was given no secret: there is nothing to change.`];
  const room = out.isTerminal ? Math.max(MIN_WIDTH, out.width) - INDENT : Infinity;
  const rows = items.flatMap((item) => itemLines(item, out.local, room));
  const count = `${String(left)} of ${String(items.length)} open`;
  return [`${head}.`, `To change, the most dangerous first (${count}):`, '', ...rows];
}

const MIN_WIDTH = 40;
const INDENT = 4;

function itemLines(item: ExposedShape, isLocal: boolean, room: number): readonly string[] {
  const { id, title, type, how, last_at: at, url, done } = item;
  const what = `${type ?? 'item'} ${title === null ? '(deleted)' : escapeText(title)} [${id}]`;
  const said = `${how === 'shown' ? 'it saw the secret' : 'it used the secret unseen'}, last ${expiryText(at, isLocal)}`;
  const lines = [
    ...wrap(what, room),
    ...wrap(said, room),
    ...(url === null ? [] : [`change it at ${escapeText(url)}`]),
  ];
  return lines.map((line, i) => (i === 0 ? `[${done ? 'x' : ' '}] ` : ' '.repeat(INDENT)) + line);
}

function nextText(noun: Noun, { token, open: isOpen, frozen, items }: CompromisedShape): string {
  const name = shellWord(escapeText(token.name));
  const end = `vouchsafe ${noun.name} delete ${name}`;
  const tick = `Change each at its service, then tick it off:\n  vouchsafe ${noun.name} compromised ${name} --done ITEM`;
  const gone = frozen ? `End the token, which changes the keys that it held:\n  ${end}` : '';
  const done = items.length === 0 ? '' : 'All of it is done; the list is closed.';
  return [isOpen ? tick : done, gone].filter((line) => line !== '').join('\n');
}
