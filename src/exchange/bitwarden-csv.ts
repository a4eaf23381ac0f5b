/**
 * The CSV of Bitwarden: `folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,
 * login_totp`, or with `collections` in place of `folder` (https://bitwarden.com/help/condition-bitwarden-import/). It
 * holds logins and notes alone. `fields` has a line `NAME: VALUE` for each field; a line without a name goes on the one
 * before. Which of them were hidden it does not say, so all of them are kept as secrets.
 */
import { csvReader } from './csv-reader.js';
import { splitUrls, type ItemDraft } from './item-draft.js';

/** The reader of Bitwarden's CSV. */
export const bitwardenCsv = csvReader({
  format: 'bitwarden-csv',
  name: 'Bitwarden CSV',
  needs: ['type', 'name', 'login_uri', 'login_username', 'login_password'],
  fill: (row, draft) => {
    const type = row.take('type').trim().toLowerCase();
    draft.title = row.take('name');
    if (type !== '' && type !== 'login' && type !== 'note') return 'a row of a type that is not known';
    draft.type = type === 'note' ? 'note' : 'login';
    for (const url of splitUrls(row.take('login_uri'))) draft.addUrl(url);
    draft.add('text', 'username', row.take('login_username'));
    draft.add('secret', 'password', row.take('login_password'));
    draft.add('totp', 'totp', row.take('login_totp'));
    draft.addNote(row.take('notes'));
    addFields(draft, row.take('fields'));
    placeIn(draft, row.take('folder'), row.take('collections'));
    draft.markFavorite(row.take('favorite').trim() === '1');
    if (row.take('reprompt').trim() === '1') draft.add('text', 'master password re-prompt', 'yes');
    return undefined;
  },
});

/** Bitwarden nests folders by a slash in their names. Of several collections the first is the folder, the others tags. */
function placeIn(draft: ItemDraft, folder: string, collections: string): void {
  const [first = '', ...others] = collections.split(',');
  draft.folder = pathOf(folder === '' ? first : folder);
  for (const name of folder === '' ? others : [first, ...others]) draft.addTag(name);
}

/** The parts of a folder's name. */
export function pathOf(name: string): readonly string[] {
  return name.split('/').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

function addFields(draft: ItemDraft, cell: string): void {
  for (const [name, value] of readFieldLines(cell)) draft.addOwn({ name, kind: 'secret', value });
}

/** The names and values of a cell of fields. */
export function readFieldLines(cell: string): readonly (readonly [name: string, value: string])[] {
  const fields: [string, string][] = [];
  for (const line of cell.split(/\r\n|[\r\n]/)) {
    const cut = line.indexOf(': ');
    const isBare = cut < 0 && line.endsWith(':');
    const last = fields.at(-1);
    if (cut > 0 || isBare) fields.push([line.slice(0, isBare ? -1 : cut), isBare ? '' : line.slice(cut + 2)]);
    else if (last !== undefined) last[1] += `\n${line}`;
    else if (line !== '') fields.push(['field', line]);
  }
  return fields;
}
