/** The noun `item`. */
import type { Command } from 'commander';
import type { Runner } from '../context.js';
import { registerUpdate } from './item-change.js';
import { registerCreate } from './item-create.js';
import { registerLife } from './item-life.js';
import { registerList } from './item-list.js';
import { registerPolicy } from './item-policy.js';
import { registerView } from './item-show.js';

/** Adds the noun to the program. */
export function register(program: Command, run: Runner): void {
  const item = program.command('item').description('items: one credential each');
  registerCreate(item, run);
  registerList(item, run);
  registerView(item, run);
  registerUpdate(item, run);
  registerPolicy(item, run);
  registerLife(item, run);
}
