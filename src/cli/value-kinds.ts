/** What may stand in the place of an argument or behind an option: known by the names that help gives them. */
import type { Argument, Option } from 'commander';
import { ITEM_TYPES, ROLES, SCOPES } from '../core/model.js';
import { STATS_KEYS } from '../gate/log-door.js';
import { IMPORT_FORMATS } from '../exchange/parsed.js';
import { EXPORT_FORMATS as ITEM_FORMATS } from '../exchange/written.js';
import { EXPORT_FORMATS } from './export/formats.js';
import type { LiveKind, Values } from './grammar.js';
import { CLIENT_NAMES } from './install/clients.js';
import { INSTRUCTION_FORMATS } from './instructions.js';
import { FORMATS } from './output.js';

function words(...known: readonly string[]): Values {
  return { kind: 'words', words: known };
}

const FILES: Values = { kind: 'files' };

/** The names of all settings: whoever completes one may have no session to ask the gate with. */
const SETTINGS = [
  'output.format',
  'vault.default',
  'item.keep_revisions',
  'pat.require-expiration',
  'pat.max-expiration',
  'pat.default-expiration',
  'reason.policy',
  'anchor.folder',
  'anchor.command',
  'notify.command',
  'notify.webhook',
  'notify.titles',
  'decoy.freeze',
  'console.url',
];

/** By what stands between `<` and `>`, wherever it means the same. */
const BY_PLACEHOLDER: Readonly<Record<string, Values>> = {
  vault: { kind: 'vault' },
  item: { kind: 'item' },
  token: { kind: 'token' },
  'vault[/item]': { kind: 'place' },
  role: words(...ROLES),
  scope: words(...SCOPES, '*'),
  client: words(...CLIENT_NAMES),
  type: words(...ITEM_TYPES),
  file: FILES,
  path: FILES,
  template: FILES,
  dir: { kind: 'folders' },
};

/** By the option, where its placeholder says too little; `noun verb --option` before `--option`. */
const BY_OPTION: Readonly<Record<string, Values>> = {
  '--output': words(...FORMATS),
  '--vault-name': { kind: 'vault' },
  '--item-title': { kind: 'item' },
  '--pat-name': { kind: 'token' },
  '--personal-access-token-name': { kind: 'token' },
  '--by': words(...STATS_KEYS),
  '--http-method': words('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
  '--reveal': words('allow', 'approve', 'never'),
  'agent instructions --format': words(...INSTRUCTION_FORMATS),
  'audit export --format': words(...EXPORT_FORMATS),
  'import --format': words(...IMPORT_FORMATS),
  'export --format': words(...ITEM_FORMATS),
  'vault update --name': { kind: 'vault' },
  'vault delete --confirm': { kind: 'vault' },
};

/** By the command, where the name of its argument says too little. */
const BY_COMMAND: Readonly<Record<string, Values>> = {
  'settings get name': words(...SETTINGS),
  'settings set name': words(...SETTINGS),
  'recipe show name': { kind: 'recipe' },
  'recipe renew name': { kind: 'recipe' },
  'recipe delete name': { kind: 'recipe' },
  'recipe run name': { kind: 'recipe' },
  'inbox show id': { kind: 'request' },
  'inbox approve id': { kind: 'request' },
  'inbox deny id': { kind: 'request' },
  'helper git operation': words('get', 'store', 'erase'),
  'helper docker action': words('get', 'list', 'store', 'erase'),
  'pat rename names': { kind: 'token' },
  'agent rename names': { kind: 'token' },
  'item restore item': { kind: 'bin' },
};

/** What may stand in the place of an argument; undefined where anything may. `path` is that of its command. */
export function valuesOfArgument(argument: Argument, path: string): Values | undefined {
  if (argument.argChoices !== undefined) return words(...argument.argChoices);
  const name = argument.name();
  return narrowed(BY_COMMAND[`${verbOf(path)} ${name}`] ?? BY_PLACEHOLDER[name], path);
}

/** What may stand behind an option; undefined where anything may, or nothing. */
export function valuesOfOption(option: Option, path: string): Values | undefined {
  if (option.argChoices !== undefined) return words(...option.argChoices);
  const long = option.long ?? '';
  const placeholder = /<([^<>]+?)(?:\.\.\.)?>$/.exec(option.flags)?.[1] ?? '';
  if (placeholder === '') return undefined;
  return narrowed(BY_OPTION[`${verbOf(path)} ${long}`] ?? BY_OPTION[long] ?? BY_PLACEHOLDER[placeholder], path);
}

function verbOf(path: string): string {
  return path.split(' ').slice(1).join(' ');
}

/** The verbs of `agent` take agents' tokens alone. */
function narrowed(values: Values | undefined, path: string): Values | undefined {
  const kind: LiveKind = 'agent';
  return values?.kind === 'token' && path.startsWith('vouchsafe agent ') ? { kind } : values;
}
