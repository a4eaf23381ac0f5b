/** The vaults and what lies in them. */
import type { Area } from '../area.js';
import { createItem, showNewItem } from './creation.js';
import { generate } from './generation.js';
import { showItem } from './item.js';
import { showVaults } from './list.js';
import { reveal, showCode } from './reveal.js';
import { createVault, deleteVault, editVault, showDeleteVault, showEditVault, showNewVault } from './vault-change.js';
import { showVault } from './vault.js';

/** At `/vaults`. */
export const vaults: Area = {
  path: '/vaults',
  title: 'Vaults',
  key: 'v',
  register: (app) => {
    app.get('/vaults', showVaults).post(createVault);
    app.get('/vaults/new', showNewVault);
    app.post('/vaults/generate', generate);
    app.get('/vaults/items/:id', showItem);
    app.post('/vaults/items/:id/reveal', reveal);
    app.post('/vaults/items/:id/code', showCode);
    app.get('/vaults/:id', showVault);
    app.get('/vaults/:id/new', showNewItem).post(createItem);
    app.get('/vaults/:id/edit', showEditVault).post(editVault);
    app.get('/vaults/:id/delete', showDeleteVault).post(deleteVault);
  },
};
