/** What is printed of setting up a client. No secret is in any of it. */
import type { NewTokenShape, TokenShape } from '../../core/shapes.js';
import { escapeText, holdsToken } from '../../core/text.js';
import type { Context } from '../context.js';
import { isChange, type Change } from '../install/change.js';
import { diffLines } from '../install/diff.js';
import { isInNpxCache } from '../install/entry.js';
import { isInProject, type Target } from '../install/setup.js';
import { shellWord } from './naming.js';
import { expiryText, reachText } from './token-text.js';

/** What was set up. */
export interface Installed {
  readonly target: Target;
  readonly config: Change;
  readonly instructions: Change | null;
  readonly backup: string | null;
  /** The token file that the configuration named before. */
  readonly replaces: string | null;
  readonly tokenFile: string;
}

interface InstalledAgain extends Installed {
  readonly isRenewed: boolean;
  readonly isFileNamed: boolean;
}

/** Of an agent that there was. */
export function installReport(context: Context, installed: InstalledAgain, token: TokenShape): void {
  const { out } = context;
  out.say({ id: token.id, name: token.name, ...installedShape(installed) }, installedText(installed, token.name));
  if (out.format !== 'human') return;
  if (installed.isRenewed) out.note('The token that it had before no longer works.');
  const { target, tokenFile, isFileNamed } = installed;
  if (isFileNamed && isInProject(target, tokenFile, process.cwd())) {
    out.note('The token file lies in the project: keep it out of what is committed.');
  }
  notes(installed, token.name).forEach((line) => out.note(line));
}

/** Of an agent that was made for it. */
export function madeReport({ out }: Context, installed: Installed, made: NewTokenShape): void {
  const { id, name, description, agent, scopes, created_at, expires_at, grants } = made;
  // Member by member: the token is none of them.
  const shape = { id, name, description, agent, scopes, created_at, expires_at, grants };
  const reaches = made.grants.map(reachText).join(', ');
  const head = [
    `Made ${escapeText(made.name)} (${made.id}), expires ${expiryText(made.expires_at, out.local)}.`,
    reaches === '' ? 'It has no access yet.' : `It reaches: ${reaches}.`,
  ];
  out.say({ ...shape, ...installedShape(installed) }, [...head, installedText(installed, made.name)].join('\n'));
  if (out.format === 'human') notes(installed, made.name).forEach((line) => out.note(line));
}

function installedShape({ target, config, instructions, backup, tokenFile }: Installed): object {
  return {
    client: target.client.name,
    scope: target.scope,
    token_file: tokenFile,
    config_file: config.file,
    backup_file: backup,
    instructions_file: instructions?.file ?? null,
    changed: isChange(config) || (instructions !== null && isChange(instructions)),
  };
}

function installedText({ target, config, instructions, backup, tokenFile }: Installed, name: string): string {
  const whose = target.scope === 'project' ? 'this project' : 'this user';
  const kept = backup === null ? '' : ` (before: ${backup})`;
  return [
    `${escapeText(name)} is set up in ${target.client.title}, for ${whose}.`,
    `Token file:     ${escapeText(tokenFile)}`,
    `Configuration:  ${escapeText(config.file + (isChange(config) ? kept : ' (unchanged)'))}`,
    ...(instructions === null ? [] : [`Instructions:   ${instructionsText(instructions)}`]),
    `Next: ${target.client.next}.`,
  ].join('\n');
}

function instructionsText(instructions: Change): string {
  return escapeText(instructions.file + (isChange(instructions) ? '' : ' (unchanged)'));
}

function notes({ target, config, backup, replaces }: Installed, name: string): readonly string[] {
  const word = shellWord(escapeText(name));
  const { client, mustPaste } = target;
  return [
    ...(mustPaste ? [`Give it the instructions: \`vouchsafe agent instructions ${word}\` into ${client.paste}.`] : []),
    ...(replaces === null ? [] : [`The configuration named another token file before: ${escapeText(replaces)}`]),
    ...(backup !== null && holdsToken(config.before ?? '') ? [heldToken(backup)] : []),
    ...(isInNpxCache()
      ? ['This program is in the cache of npx, which may be emptied. Install it, then run this again.']
      : []),
  ];
}

function heldToken(backup: string): string {
  return `The configuration held a token. It still stands in ${escapeText(backup)}: remove that file, and renew that token.`;
}

interface Planned {
  readonly target: Target;
  readonly config: Change;
  readonly isRemoval: boolean;
}

/** What would change, and nothing of what would stay. */
export function dryRunReport({ out }: Context, { target, config, isRemoval }: Planned): void {
  const lines = diffLines(config.before, config.after);
  const what = isChange(config) ? (config.after === null ? 'would be removed:' : 'would change:') : 'would not change.';
  const instructions = target.instructions?.path ?? null;
  const block = isRemoval ? 'Instructions would be taken out of' : 'Instructions would be put into';
  const human = [
    `${escapeText(config.file)} ${what}`,
    ...lines,
    ...(instructions === null ? [] : [`${block} ${escapeText(instructions)}`]),
    'Nothing was written.',
  ];
  const facts = { client: target.client.name, scope: target.scope, config_file: config.file };
  out.one({ ...facts, instructions_file: instructions, changed: isChange(config), diff: lines }, human.join('\n'));
}

interface Removed extends Omit<Installed, 'replaces'> {
  readonly name: string;
  /** The clients that still need the instructions. */
  readonly sharers: readonly string[];
}

/** That it was taken out, and that the token still works. */
export function removalReport({ out }: Context, { name, sharers, ...removed }: Removed): void {
  const { target, config, instructions, backup, tokenFile } = removed;
  const isGone = isChange(config);
  const kept = backup === null ? '' : ` (before: ${backup})`;
  const human = [
    isGone
      ? `${target.client.title} no longer starts the server: it is out of ${escapeText(config.file + kept)}`
      : `There was no entry in ${escapeText(config.file)}`,
    ...(instructions === null || !isChange(instructions)
      ? []
      : [`Instructions taken out of ${escapeText(instructions.file)}`]),
  ];
  const { changed, ...facts } = { ...installedShape({ ...removed, replaces: null }), changed: isGone };
  out.say({ name, ...facts, removed: changed }, human.join('\n'));
  if (out.format !== 'human') return;
  if (sharers.length > 0) out.note(`The instructions stay where they are, for ${sharers.join(', ')}.`);
  out.note(`Its token still works, and is in ${escapeText(tokenFile)}`);
  out.note(`To end it: vouchsafe agent delete ${shellWord(escapeText(name))}   then remove that file.`);
}
