/** From an older format of the file to this one: one transaction, so that a process that is killed leaves the old one. */
import { asRefusal, checkIdentity, checkSchema, connect, retryBusy } from './connection.js';
import { refuseUnsafeFile } from './file.js';
import { SCHEMA, SCHEMA_VERSION } from './schema.js';

/** The one older format. Of it only indexes and guards of the log were made otherwise. */
export const OLD_FORMAT = 1;

const guard = (table: string): string =>
  `CREATE TRIGGER ${table}_refuses_delete BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, 'the log only grows'); END`;

/** What format 1 had in place of statements that format 2 words otherwise. */
const REPLACED: readonly string[] = [
  'CREATE INDEX entry_by_actor ON entry (actor, seq)',
  ...['entry', 'change', 'log_session', 'checkpoint'].map(guard),
];

/** What format 1 did not have. */
const ADDED: ReadonlySet<string> = new Set([
  ...['entry_by_time', 'entry_not_granted', 'archive', 'archive_profile'],
  ...['archive', 'archive_profile'].flatMap((table) => [`${table}_refuses_update`, `${table}_refuses_delete`]),
]);

const nameOf = (statement: string): string => /^CREATE \w+ (\w+)/.exec(statement)?.[1] ?? '';
const kindOf = (statement: string): string => /^CREATE (\w+)/.exec(statement)?.[1] ?? '';

const replacedNames = new Set(REPLACED.map(nameOf));
const isNew = (statement: string): boolean => ADDED.has(nameOf(statement)) || replacedNames.has(nameOf(statement));

/** The statements that made a file of format 1. */
export const OLD_SCHEMA: readonly string[] = [...SCHEMA.filter((statement) => !isNew(statement)), ...REPLACED];

/** The format of a safe's file, as the file says. Throws what {@link connect} does. */
export function formatOf(path: string): number {
  refuseUnsafeFile(path);
  const connection = connect(path);
  try {
    return Number(retryBusy(() => connection.pragma('user_version', { simple: true })));
  } finally {
    connection.close();
  }
}

/** Brings a file of format 1 to this one. A file that is so already, or of neither, is refused or left as it is. */
export function migrate(path: string): void {
  const connection = connect(path);
  try {
    retryBusy(() => {
      connection.exec('BEGIN IMMEDIATE');
    });
    if (connection.pragma('user_version', { simple: true }) !== SCHEMA_VERSION) {
      checkIdentity(connection, OLD_FORMAT);
      checkSchema(connection, OLD_SCHEMA);
      for (const statement of REPLACED) connection.exec(`DROP ${kindOf(statement)} ${nameOf(statement)}`);
      for (const statement of SCHEMA.filter(isNew)) connection.exec(statement);
      connection.pragma(`user_version = ${String(SCHEMA_VERSION)}`);
    }
    connection.exec('COMMIT');
  } catch (error) {
    throw asRefusal(error);
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    connection.close();
  }
}
