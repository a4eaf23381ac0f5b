/** The vaults and what lies in them. */
import type { Area } from '../area.js';
import { createItem, showNewItem } from './creation.js';
import { editItem, showEdit } from './edit.js';
import { generate } from './generation.js';
import { revert, showHistory } from './history.js';
import { showItem } from './item.js';
import { deleteItem, move, restore, showDelete, showMove, trash } from './life.js';
import { showVaults } from './list.js';
import { showItemReach, showVaultReach } from './reach.js';
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
    app.get('/vaults/items/:id/edit', showEdit).post(editItem);
    app.get('/vaults/items/:id/history', showHistory);
    app.post('/vaults/items/:id/revert', revert);
    app.get('/vaults/items/:id/move', showMove).post(move);
    app.post('/vaults/items/:id/trash', trash);
    app.post('/vaults/items/:id/restore', restore);
    app.get('/vaults/items/:id/delete', showDelete).post(deleteItem);
    app.get('/vaults/items/:id/access', showItemReach);
    app.get('/vaults/:id', showVault);
    app.get('/vaults/:id/access', showVaultReach);
    app.get('/vaults/:id/new', showNewItem).post(createItem);
    app.get('/vaults/:id/edit', showEditVault).post(editVault);
    app.get('/vaults/:id/delete', showDeleteVault).post(deleteVault);
  },
};
