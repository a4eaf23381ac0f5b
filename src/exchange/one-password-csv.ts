/**
 * The CSV of 1Password 8, which holds logins alone: `Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes`
 * (https://support.1password.com/export/), or as its versions before named them, `Website`, `One-time password`,
 * `Favorite status` and `Archived status`. Several tags stand in one cell, with `;` between them.
 */
import { csvReader } from './csv-reader.js';
import { splitUrls } from './item-draft.js';

const FAVORITE = ['favorite', 'favorite status'];
const ARCHIVED = ['archived', 'archived status'];

/** The reader of 1Password's CSV. */
export const onePasswordCsv = csvReader({
  format: '1password-csv',
  name: '1Password CSV',
  needs: ['title', 'username', 'password', 'tags', 'notes'],
  isMeant: (columns) => ARCHIVED.some((column) => columns.includes(column)),
  fill: (row, draft) => {
    draft.title = row.take('title');
    for (const url of splitUrls(row.take('url', 'website', 'urls'))) draft.addUrl(url);
    draft.add('text', 'username', row.take('username'));
    draft.add('secret', 'password', row.take('password'));
    draft.add('totp', 'totp', row.take('otpauth', 'one-time password'));
    draft.addNote(row.take('notes'));
    for (const tag of row.take('tags').split(/[;,]/)) draft.addTag(tag);
    draft.markFavorite(isYes(row.take(...FAVORITE)));
    if (isYes(row.take(...ARCHIVED))) draft.addTag('archived');
    return undefined;
  },
});

function isYes(cell: string): boolean {
  return /^(?:true|1|yes)$/i.test(cell.trim());
}
