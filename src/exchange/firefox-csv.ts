/**
 * The CSV of Firefox (about:logins): `url,username,password,httpRealm,formActionOrigin,guid,timeCreated,timeLastUsed,
 * timePasswordChanged`, times in unix ms. mozilla-central, toolkit/components/passwordmgr/LoginExport.sys.mjs.
 */
import { csvReader } from './csv-reader.js';
import { asNumber } from './json.js';

/** The reader of Firefox's CSV. It has no names, so its entries are called by their sites. */
export const firefoxCsv = csvReader({
  format: 'firefox-csv',
  name: 'Firefox CSV',
  needs: ['url', 'username', 'password', 'httprealm', 'formactionorigin'],
  ignores: ['guid', 'timelastused'],
  fill: (row, draft) => {
    const url = row.take('url');
    // What Firefox itself keeps in its list, such as the key of a synchronized account.
    if (url.startsWith('chrome://')) return 'an entry of Firefox’s own';
    draft.addUrl(url);
    draft.add('text', 'username', row.take('username'));
    draft.add('secret', 'password', row.take('password'));
    draft.add('text', 'http realm', row.take('httprealm'));
    const action = row.take('formactionorigin');
    if (action !== url) draft.add('text', 'form action origin', action);
    draft.createdAt = asNumber(row.take('timecreated'));
    draft.updatedAt = asNumber(row.take('timepasswordchanged'));
    return undefined;
  },
});
