/**
 * The CSV of Chrome, Edge and Brave: `name,url,username,password,note`; older ones have no `note`. Chromium,
 * components/password_manager/core/browser/export/password_csv_writer.cc.
 */
import { csvReader } from './csv-reader.js';

const COLUMNS = ['name', 'url', 'username', 'password', 'note'];

/** The reader of Chrome's CSV, and of the browsers that are made of it. */
export const chromeCsv = csvReader({
  format: 'chrome-csv',
  name: 'Chrome, Edge or Brave CSV',
  needs: ['name', 'url', 'username', 'password'],
  isMeant: (columns) => columns.every((column) => COLUMNS.includes(column)),
  fill: (row, draft) => {
    draft.title = row.take('name');
    draft.addUrl(row.take('url'));
    draft.add('text', 'username', row.take('username'));
    draft.add('secret', 'password', row.take('password'));
    draft.addNote(row.take('note'));
    return undefined;
  },
});
