/** What `agent install` and `agent create --install` do. The token goes into its file, and is shown nowhere. */
import { resolve } from 'node:path';
import { Refusal } from '../../core/refusal.js';
import type { GrantShape, NewTokenShape, TokenShape } from '../../core/shapes.js';
import type { NewToken } from '../../gate/door.js';
import type { Reference } from '../../gate/named.js';
import type { Context } from '../context.js';
import { withBlock } from '../instruction-block.js';
import { agentInstructions, formatOfFile } from '../instructions.js';
import { planChange } from '../install/change.js';
import { snippet } from '../install/document.js';
import { entryFor } from '../install/entry.js';
import { makeChanges, planInstructions, planRemoval, planSetup, targetOf, type Target } from '../install/setup.js';
import * as tokens from '../install/token-file.js';
import type { CreateInstallFlags, InstallFlags } from './install-flags.js';
import { dryRunReport, installReport, madeReport, removalReport, type Installed } from './agent-setup-text.js';
import { shellWord, tokenOf } from './naming.js';
import { noteIfFrozen, referTo, resolveToken, type Noun } from './noun.js';

interface Asked {
  readonly argument: string | undefined;
  readonly flags: InstallFlags;
}

/** `agent install`. To print, to show what would change, and to take it out needs no token and opens no safe. */
export async function installAgent(noun: Noun, context: Context, { argument, flags }: Asked): Promise<void> {
  const named = tokenOf(flags, argument);
  const target = targetOf(flags.client, flags, here(context));
  const usual = fileOf(context, flags, named.text);
  if (flags.print === true) printSnippet(context, target, usual);
  else if (flags.uninstall === true) uninstall(context, target, { flags, tokenFile: usual, name: named.text });
  else if (flags.dryRun === true) dryRun(context, target, usual);
  else await setUp(context, target, { noun, named, flags });
}

interface Wanted {
  readonly noun: Noun;
  readonly named: Reference;
  readonly flags: InstallFlags;
}

async function setUp(context: Context, target: Target, { noun, named, flags }: Wanted): Promise<void> {
  checkInstructions(target);
  const door = await context.owner();
  const token = await resolveToken(noun, door, named);
  const tokenFile = fileOf(context, flags, token.name);
  const setup = planSetup(target, tokenFile, context.env);
  const grants = await door.listAccess(referTo(token));
  await provideToken(context, { flags, token, tokenFile });
  const installed = finish(target, setup, { token, grants });
  const [isRenewed, isFileNamed] = [flags.renew === true, flags.tokenFile !== undefined];
  installReport(context, { ...installed, tokenFile, isRenewed, isFileNamed }, token);
  if (isRenewed) await noteIfFrozen(context, door, token);
}

function here({ env }: Context): { readonly env: NodeJS.ProcessEnv; readonly folder: string } {
  return { env, folder: process.cwd() };
}

function fileOf({ env }: Context, { tokenFile }: InstallFlags, name: string): string {
  return tokenFile === undefined ? tokens.usualTokenFile(env, name) : resolve(tokenFile);
}

function printSnippet({ out, env }: Context, target: Target, tokenFile: string): void {
  const text = snippet(target.client, entryFor(target, tokenFile, env));
  out.one({ client: target.client.name, config_file: target.config.path, configuration: text }, text);
}

function dryRun(context: Context, target: Target, tokenFile: string): void {
  const { config } = planSetup(target, tokenFile, context.env);
  checkInstructions(target);
  dryRunReport(context, { target, config, isRemoval: false });
}

interface Removing {
  readonly flags: InstallFlags;
  readonly tokenFile: string;
  readonly name: string;
}

function uninstall(context: Context, target: Target, { flags, tokenFile, name }: Removing): void {
  const { config, instructions, sharers } = planRemoval(target, tokenFile);
  if (flags.dryRun === true) {
    dryRunReport(context, { target, config, isRemoval: true });
    return;
  }
  const backup = makeChanges(config, instructions);
  removalReport(context, { target, config, instructions, backup, tokenFile, name, sharers });
}

/** Finds a file that instructions can't be put into before anything is made. */
function checkInstructions({ instructions }: Target): void {
  if (instructions !== null) planChange(instructions, (text) => withBlock(text, ''));
}

interface Provision {
  readonly flags: InstallFlags;
  readonly token: TokenShape;
  readonly tokenFile: string;
}

/** Sees to it that the file holds a usable token of this agent. */
async function provideToken(context: Context, { flags, token, tokenFile }: Provision): Promise<void> {
  const holder = { places: context.places, token };
  if (flags.renew !== true && flags.tokenStdin !== true) return tokens.checkTokenFile(tokenFile, holder);
  await tokens.checkReplaceable(tokenFile, holder);
  const given = flags.tokenStdin === true ? await tokens.checkTokenText(await context.input.stdin(PIPE), holder) : null;
  await writeToken(context, tokenFile, async () => {
    if (given !== null) return given;
    const door = await context.owner();
    return (await door.renewToken(referTo(token), { rotate: false })).token;
  });
}

const PIPE = 'Pipe the token in: `vouchsafe agent install NAME --client CLIENT --token-stdin < FILE`.';

/** Has the place for a token ready before the token is there: it is had once. */
async function writeToken({ env }: Context, path: string, make: () => Promise<string>): Promise<void> {
  const reserved = tokens.reserveTokenFile(env, path);
  let text: string;
  try {
    text = await make();
  } catch (error) {
    reserved.drop();
    throw error;
  }
  try {
    reserved.write(`${text}\n`);
  } catch (cause) {
    throw new Refusal('unavailable', {
      message: `The token was made, but could not be written to ${path}, and is lost.`,
      next: 'Make room for it, then run `vouchsafe agent install NAME --client CLIENT --renew`.',
      cause,
    });
  }
}

interface Subject {
  readonly token: Pick<TokenShape, 'name'>;
  readonly grants: readonly GrantShape[];
}

function finish(target: Target, setup: ReturnType<typeof planSetup>, subject: Subject): Omit<Installed, 'tokenFile'> {
  const { instructions: place } = target;
  const block = agentInstructions(subject, formatOfFile(place?.path ?? ''));
  const instructions = place === null ? null : planInstructions(place, block);
  const backup = makeChanges(setup.config, instructions);
  return { target, config: setup.config, instructions, backup, replaces: setup.replaces };
}

/** `agent create --install`: all that can fail without the new token is tried before it is made. */
export async function createInstalled(context: Context, wanted: NewToken, flags: CreateInstallFlags): Promise<void> {
  const target = targetOf(flags.install ?? '', flags, here(context));
  const tokenFile = tokens.usualTokenFile(context.env, wanted.name);
  tokens.checkFree(tokenFile);
  planSetup(target, tokenFile, context.env);
  checkInstructions(target);
  const door = await context.owner();
  let made: NewTokenShape | undefined;
  await writeToken(context, tokenFile, async () => (made = await door.createToken(wanted)).token);
  if (made === undefined) throw new Error('a token was written that was not made');
  const installed = finishMade(context, target, { token: made, tokenFile });
  madeReport(context, { ...installed, tokenFile }, made);
}

interface Made {
  readonly token: NewTokenShape;
  readonly tokenFile: string;
}

function finishMade({ env }: Context, target: Target, { token, tokenFile }: Made): Omit<Installed, 'tokenFile'> {
  try {
    return finish(target, planSetup(target, tokenFile, env), { token, grants: token.grants });
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    const word = shellWord(token.name);
    throw new Refusal(cause.code, {
      message: `The agent was made, and its token is in ${tokenFile}. But ${cause.message}`,
      next: `${cause.facts.next ?? ''} Then: vouchsafe agent install ${word} --client ${target.client.name}`.trim(),
      cause,
    });
  }
}
