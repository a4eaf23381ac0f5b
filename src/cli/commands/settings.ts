/** The noun `settings`. */
import type { Command } from 'commander';
import { escapeText } from '../../core/text.js';
import type { Runner } from '../context.js';
import { withExamples } from '../help.js';
import type { Column } from '../table.js';

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'name', whole: true },
  { key: 'value', title: 'value' },
  { key: 'origin', title: 'set by' },
];

/** Adds `settings` to the program. */
export function register(program: Command, run: Runner): void {
  const settings = program.command('settings').description('what the owner has decided for the whole safe');
  registerList(settings, run);
  registerGet(settings, run);
  registerSet(settings, run);
}

function registerList(settings: Command, run: Runner): void {
  const command = settings.command('list').description('all settings');
  withExamples(command, ['vouchsafe settings list']).action(
    run(async (context) => {
      const door = await context.owner();
      const all = await door.listSettings();
      const rows = all.map((setting) => ({ ...setting, origin: setting.is_default ? 'default' : 'owner' }));
      context.out.list(all, null, context.out.table(COLUMNS, rows));
    }),
  );
}

function registerGet(settings: Command, run: Runner): void {
  const command = settings.command('get <name>').description('the value of one setting');
  withExamples(command, ['vouchsafe settings get pat.max-expiration']).action(
    run(async (context, name: string) => {
      const door = await context.owner();
      const setting = await door.getSetting(name);
      context.out.one(setting, escapeText(setting.value));
    }),
  );
}

function registerSet(settings: Command, run: Runner): void {
  const command = settings.command('set <name> <value>').description('change one setting');
  withExamples(command, ['vouchsafe settings set pat.max-expiration 6m']).action(
    run(async (context, name: string, value: string) => {
      const door = await context.owner();
      const setting = await door.setSetting(name, value);
      context.out.one(setting, `${setting.name} = ${escapeText(setting.value)}`);
    }),
  );
}
