/**
 * The CSV of LastPass: `url,username,password,totp,extra,name,grouping,fav`; older ones have no `totp`
 * (https://support.lastpass.com/s/document-item?bundleId=lastpass&topicId=LastPass/export-vault.html). A note has the URL
 * `http://sn`. A note with a type has a line `NoteType:TYPE` in `extra`, and then lines `NAME:VALUE`, of which some values
 * go over several lines, and `Notes:` as the last of them.
 */
import { standardFields } from '../core/item-type.js';
import type { FieldKind, ItemType } from '../core/model.js';
import { csvReader } from './csv-reader.js';
import type { ItemDraft } from './item-draft.js';

const NOTE_URL = 'http://sn';

/** The reader of LastPass's CSV. */
export const lastpassCsv = csvReader({
  format: 'lastpass-csv',
  name: 'LastPass CSV',
  needs: ['url', 'username', 'password', 'extra', 'name', 'grouping'],
  fill: (row, draft) => {
    const url = row.take('url');
    const isNote = url.trim() === NOTE_URL;
    draft.title = row.take('name');
    draft.folder = row
      .take('grouping')
      .split('\\')
      .filter((part) => part.trim() !== '');
    draft.markFavorite(row.take('fav').trim() === '1');
    if (isNote) draft.type = 'note';
    else draft.addUrl(url);
    draft.add('text', 'username', row.take('username'));
    draft.add('secret', 'password', row.take('password'));
    draft.add('totp', 'totp', row.take('totp'));
    const extra = row.take('extra');
    if (isNote && extra.startsWith('NoteType:')) addTypedNote(draft, extra);
    else draft.addNote(extra);
    return undefined;
  },
});

/** A type of note: what it is here, and where its lines go. Names that are not here are kept as they are. */
interface NoteForm {
  readonly type: ItemType;
  readonly fields: Readonly<Record<string, string>>;
  /** Names that begin a line; where they are missing, whatever looks like a name does. */
  readonly others: readonly string[];
}

const FORMS: Readonly<Record<string, NoteForm>> = {
  'Credit Card': {
    type: 'card',
    fields: { 'Name on Card': 'cardholder', Number: 'number', 'Security Code': 'cvv', 'Expiration Date': 'expiry' },
    others: ['Type', 'Start Date'],
  },
  'SSH Key': {
    type: 'ssh-key',
    fields: { Passphrase: 'passphrase', 'Private Key': 'private_key', 'Public Key': 'public_key' },
    others: ['Bit Strength', 'Format', 'Hostname', 'Date'],
  },
  'Wi-Fi Password': {
    type: 'wifi',
    fields: { SSID: 'ssid', Password: 'password', Authentication: 'security' },
    others: 'Connection Type,Connection Mode,Encryption,Use 802.1X,FIPS Mode,Key Type,Protected,Key Index'.split(','),
  },
  Server: { type: 'login', fields: { Username: 'username', Password: 'password' }, others: ['Hostname'] },
  Database: {
    type: 'database',
    fields: { Hostname: 'host', Port: 'port', Database: 'database', Username: 'username', Password: 'password' },
    others: ['Type', 'SID', 'Alias'],
  },
};

const SECRET = /password|passphrase|pin$|private key|license key|security code|account number|\bssn\b|token|secret/i;

function addTypedNote(draft: ItemDraft, extra: string): void {
  const [first = '', ...lines] = extra.split(/\r\n?|\n/);
  const name = first.slice('NoteType:'.length).trim();
  const form = FORMS[name];
  draft.type = form?.type ?? 'custom';
  if (form === undefined) draft.add('text', 'note type', name);
  for (const [key, value] of readLines(lines, form)) addLine(draft, form, [key, value.replace(/\n+$/, '')]);
}

type NoteLine = readonly [name: string, value: string];

function readLines(lines: readonly string[], form: NoteForm | undefined): readonly NoteLine[] {
  const known = form === undefined ? undefined : ['Language', ...Object.keys(form.fields), ...form.others, 'Notes'];
  const found: [string, string][] = [];
  for (const line of lines) {
    const cut = line.indexOf(':');
    const key = line.slice(0, Math.max(cut, 0));
    const last = found.at(-1);
    const begins = cut > 0 && last?.[0] !== 'Notes' && (known?.includes(key) ?? /^[A-Z][\w '’/().-]{0,60}$/.test(key));
    if (begins) found.push([key, line.slice(cut + 1)]);
    else if (last === undefined) found.push(['Notes', line]);
    else last[1] += `\n${line}`;
  }
  return found;
}

function addLine(draft: ItemDraft, form: NoteForm | undefined, [key, value]: NoteLine): void {
  if (value.trim() === '') return;
  if (key === 'Notes') draft.addNote(value);
  else {
    const name = form?.fields[key] ?? key.toLowerCase();
    const kind = standardFields(draft.type).find((field) => field.name === name)?.kind ?? kindOfOther(key, value);
    draft.add(kind, name, kind === 'date' ? dateOf(value) : value);
  }
}

function kindOfOther(key: string, value: string): FieldKind {
  if (SECRET.test(key)) return 'secret';
  return value.includes('\n') ? 'note' : 'text';
}

const MONTHS = 'january,february,march,april,may,june,july,august,september,october,november,december'.split(',');

/** LastPass writes `January,2030`; what is written otherwise stays as it is. */
function dateOf(value: string): string {
  const [month = '', year = ''] = value.toLowerCase().split(',');
  const number = MONTHS.indexOf(month.trim()) + 1;
  return number > 0 && /^[0-9]{4}$/.test(year.trim()) ? `${String(number).padStart(2, '0')}/${year.trim()}` : value;
}
