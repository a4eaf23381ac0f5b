/**
 * The CSV of Apple's Passwords and of Safari: `Title,URL,Username,Password,Notes,OTPAuth`; older ones have no `Notes`.
 * Apple documents that there is such an export, and not its columns: https://support.apple.com/guide/passwords.
 */
import { csvReader } from './csv-reader.js';

const COLUMNS = ['title', 'url', 'username', 'password', 'notes', 'otpauth'];

/** The reader of Apple's CSV. */
export const appleCsv = csvReader({
  format: 'apple-csv',
  name: 'Apple Passwords or Safari CSV',
  needs: ['title', 'url', 'username', 'password', 'otpauth'],
  isMeant: (columns) => columns.every((column) => COLUMNS.includes(column)),
  fill: (row, draft) => {
    draft.title = row.take('title');
    draft.addUrl(row.take('url'));
    draft.add('text', 'username', row.take('username'));
    draft.add('secret', 'password', row.take('password'));
    draft.add('totp', 'totp', row.take('otpauth'));
    draft.addNote(row.take('notes'));
    return undefined;
  },
});
