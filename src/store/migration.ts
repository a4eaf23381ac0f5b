/** From older formats of the file to this one: one transaction, so that a process that is killed leaves the old one. */
import { asRefusal, checkIdentity, checkSchema, connect, retryBusy } from './connection.js';
import { refuseUnsafeFile } from './file.js';
import { SCHEMA, SCHEMA_VERSION } from './schema.js';

const guard = (table: string): string =>
  `CREATE TRIGGER ${table}_refuses_delete BEFORE DELETE ON ${table} BEGIN SELECT RAISE(ABORT, 'the log only grows'); END`;

/** What a format has that the one before it does not. */
interface Step {
  /** Names of what came with it. */
  readonly added: readonly string[];
  /** What the one before had in place of statements that this one words otherwise. */
  readonly replaced: readonly string[];
}

/** By the format that they lead to. Rows stay as they are. */
const STEPS: ReadonlyMap<number, Step> = new Map([
  [
    2,
    {
      added: [
        ...['entry_by_time', 'entry_not_granted', 'archive', 'archive_profile'],
        ...['archive', 'archive_profile'].flatMap((table) => [`${table}_refuses_update`, `${table}_refuses_delete`]),
      ],
      replaced: [
        'CREATE INDEX entry_by_actor ON entry (actor, seq)',
        ...['entry', 'change', 'log_session', 'checkpoint'].map(guard),
      ],
    },
  ],
  [3, { added: ['document'], replaced: [] }],
  [4, { added: ['exchange', 'exchange_by_token', 'exchange_by_end'], replaced: [] }],
  [5, { added: [], replaced: ['CREATE INDEX entry_by_item ON entry (item, seq)'] }],
]);

/** The formats that can be brought here. */
export const OLD_FORMATS: readonly number[] = [...STEPS.keys()].map((format) => format - 1);

const nameOf = (statement: string): string => /^CREATE \w+ (\w+)/.exec(statement)?.[1] ?? '';
const kindOf = (statement: string): string => /^CREATE (\w+)/.exec(statement)?.[1] ?? '';

/** The statements that a format has otherwise than the one before it, or that it alone has. */
function newIn(schema: readonly string[], { added, replaced }: Step): readonly string[] {
  const names = new Set([...added, ...replaced.map(nameOf)]);
  return schema.filter((statement) => names.has(nameOf(statement)));
}

/** The statements that made a file of a format. */
export function schemaOf(format: number): readonly string[] {
  const step = STEPS.get(format + 1);
  if (step === undefined) return SCHEMA;
  const next = schemaOf(format + 1);
  const fresh = new Set(newIn(next, step));
  return [...next.filter((statement) => !fresh.has(statement)), ...step.replaced];
}

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

/** Brings a file of an older format to this one. A file that is so already, or of no known format, is refused or left as it is. */
export function migrate(path: string): void {
  const connection = connect(path);
  try {
    retryBusy(() => {
      connection.exec('BEGIN IMMEDIATE');
    });
    const format = Number(connection.pragma('user_version', { simple: true }));
    const from = OLD_FORMATS.includes(format) ? format : SCHEMA_VERSION;
    checkIdentity(connection, from);
    checkSchema(connection, schemaOf(from));
    for (let version = from + 1; version <= SCHEMA_VERSION; version += 1) bringTo(connection, version);
    connection.pragma(`user_version = ${String(SCHEMA_VERSION)}`);
    connection.exec('COMMIT');
  } catch (error) {
    throw asRefusal(error);
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    connection.close();
  }
}

function bringTo(connection: ReturnType<typeof connect>, version: number): void {
  const step = STEPS.get(version) ?? { added: [], replaced: [] };
  for (const statement of step.replaced) connection.exec(`DROP ${kindOf(statement)} ${nameOf(statement)}`);
  for (const statement of newIn(schemaOf(version), step)) connection.exec(statement);
}
