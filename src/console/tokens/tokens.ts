/** The tokens: all of them, a new one, and the pages of each. */
import type { Area } from '../area.js';
import { addAccess, endAccess, showAccess } from './access.js';
import { deleteToken, freeze, rename, renew, showDelete, showRename, showRenew, unfreeze } from './change.js';
import { create, showNew } from './creation.js';
import { showToken } from './detail.js';
import { showList } from './list.js';
import { showSetup } from './setup.js';

/** At `/tokens`. */
export const tokens: Area = {
  path: '/tokens',
  title: 'Tokens',
  key: 't',
  register: (app) => {
    app.get('/tokens', showList).post(create);
    app.get('/tokens/new', showNew);
    app.get('/tokens/:id', showToken);
    app.get('/tokens/:id/setup', showSetup);
    app.get('/tokens/:id/access', showAccess).post(addAccess);
    app.post('/tokens/:id/access/:grant/end', endAccess);
    app.get('/tokens/:id/renew', showRenew).post(renew);
    app.get('/tokens/:id/rename', showRename).post(rename);
    app.post('/tokens/:id/freeze', freeze);
    app.post('/tokens/:id/unfreeze', unfreeze);
    app.get('/tokens/:id/delete', showDelete).post(deleteToken);
  },
};
