/**
 * The schema, as the statements that make it. Columns beside signed bytes are indexes: compared, never believed.
 * `user_version` is {@link SCHEMA_VERSION}; `sqlite_schema` must equal what these statements give.
 */
export const SCHEMA_VERSION = 5;

/** Marks the file as a safe: "vchs". */
export const APPLICATION_ID = 0x76636873;

const refuse = (table: string, verb: 'UPDATE' | 'DELETE', when = ''): string =>
  `CREATE TRIGGER ${table}_refuses_${verb.toLowerCase()} BEFORE ${verb} ON ${table}${when} BEGIN SELECT RAISE(ABORT, 'the log only grows'); END`;

const NOT_ARCHIVED = ' WHEN OLD.seq > (SELECT coalesce(max(seq), 0) FROM archive)';

/** The log only grows: nothing is changed, and nothing goes but what the stub of an archive covers. */
const GUARDS: readonly string[] = [
  ...['entry', 'change', 'log_session', 'checkpoint', 'archive', 'archive_profile'].map((table) =>
    refuse(table, 'UPDATE'),
  ),
  ...['entry', 'change', 'checkpoint'].map((table) => refuse(table, 'DELETE', NOT_ARCHIVED)),
  refuse('log_session', 'DELETE', ' WHEN NOT EXISTS (SELECT 1 FROM archive)'),
  // a stub goes once what it covers is back
  ...['archive', 'archive_profile'].map((table) =>
    refuse(table, 'DELETE', ' WHEN NOT EXISTS (SELECT 1 FROM entry WHERE seq = OLD.seq)'),
  ),
];

export const SCHEMA: readonly string[] = [
  `CREATE TABLE safe (id TEXT PRIMARY KEY, format INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE root_key (kind TEXT PRIMARY KEY, parameters BLOB NOT NULL, envelope BLOB NOT NULL) STRICT`,
  `CREATE TABLE owner_keys (id INTEGER PRIMARY KEY CHECK (id = 1), envelope BLOB NOT NULL) STRICT`,
  `CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), signed BLOB NOT NULL, signature BLOB NOT NULL) STRICT`,
  `CREATE TABLE vault_key (vault TEXT NOT NULL, epoch INTEGER NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (vault, epoch)) STRICT`,
  `CREATE TABLE item (id TEXT PRIMARY KEY, title_tag BLOB) STRICT`,
  `CREATE INDEX item_by_title ON item (title_tag, id)`,
  `CREATE TABLE item_key (item TEXT NOT NULL, epoch INTEGER NOT NULL, vault_epoch INTEGER NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (item, epoch)) STRICT`,
  `CREATE TABLE revision (subject TEXT NOT NULL, number INTEGER NOT NULL, signed BLOB NOT NULL, signature BLOB NOT NULL, overview BLOB NOT NULL, secret BLOB NOT NULL, PRIMARY KEY (subject, number)) STRICT`,
  `CREATE TABLE token (id TEXT PRIMARY KEY, lookup_id TEXT NOT NULL UNIQUE, secret_hash BLOB NOT NULL, epoch INTEGER NOT NULL, bundle BLOB NOT NULL, tag_key BLOB NOT NULL, leaf BLOB NOT NULL) STRICT`,
  `CREATE TABLE retired_token (lookup_id TEXT PRIMARY KEY, secret_hash BLOB NOT NULL, token TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT`,
  `CREATE TABLE exchange (lookup_id TEXT PRIMARY KEY, secret_hash BLOB NOT NULL, token TEXT NOT NULL, epoch INTEGER NOT NULL, not_after INTEGER NOT NULL, signed BLOB NOT NULL, signature BLOB NOT NULL, bundle BLOB) STRICT`,
  `CREATE INDEX exchange_by_token ON exchange (token)`,
  `CREATE INDEX exchange_by_end ON exchange (not_after)`,
  `CREATE TABLE certificate (hash BLOB PRIMARY KEY, token TEXT NOT NULL, epoch INTEGER NOT NULL, signed BLOB NOT NULL, signature BLOB NOT NULL, token_private BLOB NOT NULL, owner_private BLOB NOT NULL) STRICT`,
  `CREATE INDEX certificate_by_token ON certificate (token, epoch)`,
  `CREATE TABLE grant_document (hash BLOB PRIMARY KEY, id TEXT NOT NULL, token TEXT NOT NULL, signed BLOB NOT NULL, token_private BLOB NOT NULL, owner_private BLOB NOT NULL, sealed_key BLOB) STRICT`,
  `CREATE INDEX grant_document_by_id ON grant_document (id)`,
  `CREATE INDEX grant_document_by_token ON grant_document (token)`,
  `CREATE TABLE document (hash BLOB PRIMARY KEY, kind TEXT NOT NULL, holder TEXT NOT NULL, signed BLOB NOT NULL, token_private BLOB, owner_private BLOB NOT NULL) STRICT`,
  `CREATE TABLE log_session (hash BLOB PRIMARY KEY, signed BLOB NOT NULL) STRICT`,
  `CREATE TABLE entry (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor_kind TEXT NOT NULL, actor TEXT, actor_epoch INTEGER, session BLOB NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT, vault TEXT, item TEXT, grant_id TEXT, uses INTEGER, state_version INTEGER NOT NULL, state_hash BLOB, fields_count INTEGER NOT NULL, suppressed INTEGER NOT NULL, reason_tag BLOB, template_tag BLOB, client_tag BLOB, payload BLOB NOT NULL, hash BLOB NOT NULL, signature BLOB) STRICT`,
  `CREATE INDEX entry_by_actor ON entry (actor, seq, at)`,
  `CREATE INDEX entry_by_item ON entry (item, seq, actor)`,
  `CREATE INDEX entry_that_freezes ON entry (seq) WHERE action IN ('token.freeze', 'safe.lockdown')`,
  `CREATE INDEX entry_by_time ON entry (at)`,
  `CREATE INDEX entry_not_granted ON entry (seq) WHERE outcome <> 'granted'`,
  `CREATE INDEX entry_by_grant ON entry (grant_id, uses)`,
  `CREATE TABLE change (seq INTEGER NOT NULL, n INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, revision INTEGER NOT NULL, hash BLOB, before BLOB, PRIMARY KEY (seq, n)) STRICT, WITHOUT ROWID`,
  `CREATE INDEX change_by_subject ON change (kind, subject, seq, n)`,
  `CREATE TABLE checkpoint (seq INTEGER PRIMARY KEY, signed BLOB NOT NULL, signature BLOB NOT NULL) STRICT`,
  `CREATE TABLE archive (seq INTEGER PRIMARY KEY, signed BLOB NOT NULL, signature BLOB NOT NULL) STRICT`,
  `CREATE TABLE archive_profile (seq INTEGER NOT NULL, token TEXT NOT NULL, signed BLOB NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (seq, token)) STRICT, WITHOUT ROWID`,
  ...GUARDS,
];
