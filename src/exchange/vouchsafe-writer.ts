/** Our own format: everything that an item holds, with its history, so that its import is the identity. */
import { printTransfer } from '../core/transfer-shape.js';
import { utf8, type Writer } from './written.js';

/** JSON of `core/transfer-shape.ts`. Nothing is lost. */
export const vouchsafeWriter: Writer = {
  format: 'vouchsafe',
  name: 'Vouchsafe JSON',
  extension: 'json',
  holdsTrash: true,
  write: (items, at) => ({ bytes: utf8(printTransfer(items, at)), losses: [] }),
};
