/** Every setting in words: what it means, what it is by itself, and how it is set. */
import type { Choice } from '../field.js';
import type { WordId } from '../help/words.js';

/** One of few values, each with what it does. */
type Option = readonly [value: string, title: string, hint: string];

/** How a setting is set. */
export type Control =
  | { readonly kind: 'switch' | 'vault' | 'number' | 'url' | 'path' | 'command' }
  | { readonly kind: 'duration'; readonly options: readonly string[] }
  | { readonly kind: 'options'; readonly options: readonly Option[] }
  | { readonly kind: 'choice'; readonly choices: readonly Choice[] };

export interface SettingWords {
  /** As the command line has it. */
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  /** What it is until the owner sets it, as the command line has it. */
  readonly fallback: string;
  readonly control: Control;
  /** Said in place of an empty default. */
  readonly none?: string;
  /** A word in it that help explains. */
  readonly word?: WordId;
}

export interface Section {
  /** In the path of its form. */
  readonly id: string;
  readonly title: string;
  readonly settings: readonly SettingWords[];
  /** Its settings are programs that are run: to set one takes the master password. */
  readonly runsPrograms?: true;
}

const EXPIRATIONS = ['1d', '1w', '1m', '3m', '180d', '1y'] as const;

const TOKENS: readonly SettingWords[] = [
  {
    name: 'pat.default-expiration',
    title: 'Tokens end after',
    meaning:
      'For a token or a grant that is made without a time of its own. A number and min, h, d, w, m (months) or y.',
    fallback: '180d',
    control: { kind: 'duration', options: EXPIRATIONS },
  },
  {
    name: 'pat.max-expiration',
    title: 'The longest that a token may last',
    meaning: 'Nothing that is made from now on lasts longer. What there is stays as it is.',
    fallback: '1y',
    control: { kind: 'duration', options: EXPIRATIONS },
  },
  {
    name: 'pat.require-expiration',
    title: 'Every token must end',
    meaning: 'Off, a token may be made that lasts until you end it.',
    fallback: 'true',
    control: { kind: 'switch' },
  },
  {
    name: 'reason.policy',
    title: 'Reasons that say nothing',
    meaning: 'Such as “access credentials”: every word of it could stand before any access.',
    fallback: 'mark',
    word: 'reason',
    control: {
      kind: 'options',
      options: [
        ['mark', 'Mark them', 'The access is given, and its entry carries the signal boilerplate.'],
        ['strict', 'Refuse them', 'The agent is told to say what it needs this for.'],
      ],
    },
  },
  {
    name: 'decoy.freeze',
    title: 'Freeze a token that touches a decoy',
    meaning: 'With its first look, before you have read of it. Off, you are only told.',
    fallback: 'false',
    word: 'decoy',
    control: { kind: 'switch' },
  },
];

const ITEMS: readonly SettingWords[] = [
  {
    name: 'vault.default',
    title: 'Vault of the command line',
    meaning: 'Taken where a command names none.',
    fallback: '',
    none: 'none',
    control: { kind: 'vault' },
  },
  {
    name: 'item.keep_revisions',
    title: 'Revisions kept of each item',
    meaning: 'From 1 to 1000. With the next change of an item, older ones go for good.',
    fallback: '50',
    control: { kind: 'number' },
  },
];

const TELLING: readonly SettingWords[] = [
  {
    name: 'notify.webhook',
    title: 'Address that is told',
    meaning:
      'An https address. It gets a signed message for each request and each touched decoy, from vouchsafe watch and at each unlock in a terminal; the key of the signature: vouchsafe settings get notify.key',
    fallback: '',
    none: 'nobody is told',
    word: 'request',
    control: { kind: 'url' },
  },
  {
    name: 'notify.titles',
    title: 'Messages hold names and reasons',
    meaning: 'Off, whoever gets a message learns that a token asks for something, and when.',
    fallback: 'false',
    control: { kind: 'switch' },
  },
  {
    name: 'console.url',
    title: 'Address of the console',
    meaning:
      'An agent that has to wait for you is told it, so that its client can open it. https, or http on this machine.',
    fallback: '',
    none: 'agents are told none',
    control: { kind: 'url' },
  },
];

const ANCHORS: readonly SettingWords[] = [
  {
    name: 'anchor.folder',
    title: 'Folder of a second anchor',
    meaning: 'An absolute path, best on another disk or machine. Each checkpoint is written there too, and compared.',
    fallback: '',
    none: 'the state folder alone',
    word: 'anchor',
    control: { kind: 'path' },
  },
];

const PROGRAMS: readonly SettingWords[] = [
  {
    name: 'anchor.command',
    title: 'Command for each checkpoint',
    meaning:
      'Gets the checkpoint on its standard input, for 10 seconds at most: to put it where this machine cannot change it.',
    fallback: '',
    none: 'nothing is run',
    word: 'checkpoint',
    control: { kind: 'command' },
  },
  {
    name: 'notify.command',
    title: 'Command for each request',
    meaning:
      'Gets the message on its standard input, for 10 seconds at most, once for each request and each touched decoy.',
    fallback: '',
    none: 'nothing is run',
    control: { kind: 'command' },
  },
];

const OUTPUT: readonly SettingWords[] = [
  {
    name: 'output.format',
    title: 'Commands print',
    meaning: 'Where no --output is given.',
    fallback: 'human',
    control: {
      kind: 'choice',
      choices: [
        ['human', 'Text for people'],
        ['json', 'JSON'],
        ['ndjson', 'JSON, a line each'],
        ['csv', 'CSV'],
      ],
    },
  },
];

/** All of them, in the order of the page. */
export const SECTIONS: readonly Section[] = [
  { id: 'tokens', title: 'Tokens and reasons', settings: TOKENS },
  { id: 'items', title: 'Vaults and items', settings: ITEMS },
  { id: 'telling', title: 'Being told', settings: TELLING },
  { id: 'anchors', title: 'Anchors', settings: ANCHORS },
  { id: 'programs', title: 'Programs that are run', settings: PROGRAMS, runsPrograms: true },
  { id: 'output', title: 'Command line', settings: OUTPUT },
];

/** The default, as it is told. */
export function defaultWords({ fallback, none, control }: SettingWords): string {
  if (control.kind === 'switch') return fallback === 'true' ? 'on' : 'off';
  if (control.kind === 'options') return control.options.find(([value]) => value === fallback)?.[1] ?? fallback;
  if (control.kind === 'choice') return control.choices.find(([value]) => value === fallback)?.[1] ?? fallback;
  return none ?? fallback;
}
