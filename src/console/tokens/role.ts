/** Roles in words. */
import type { Role } from '../../core/model.js';

/** Every role, the least first, with what it may do. */
export const ROLE_CHOICES: readonly (readonly [value: Role, title: string, hint: string])[] = [
  ['viewer', 'Viewer', 'Reads and uses credentials. Enough for most agents.'],
  ['editor', 'Editor', 'Also creates, changes, moves and trashes items.'],
  ['manager', 'Manager', 'Also renames the vault and deletes items for good.'],
];
