// Owns: the tables and how an older file becomes a newer one. `user_version` counts the migrations a file has had.
// A session is its JSON plus the columns that something searches by; each search has the index it needs,
// so that none grows with the number of sessions. What changes often (use, leases) lies apart from the large rows.
import type { DatabaseSync } from 'node:sqlite';
import { PlatformError } from '../../model/errors.ts';

/** Never edited once released: a change is a new entry. */
const migrations: readonly string[] = [
  `
  CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    runtime TEXT NOT NULL,
    created_at REAL NOT NULL,
    due_at REAL,
    sandbox_id TEXT,
    body TEXT NOT NULL
  );
  CREATE INDEX sessions_due ON sessions (due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX sessions_runtime ON sessions (runtime, id);
  CREATE UNIQUE INDEX sessions_sandbox ON sessions (sandbox_id) WHERE sandbox_id IS NOT NULL;

  CREATE TABLE activity (session_id TEXT NOT NULL PRIMARY KEY, last_at REAL NOT NULL) WITHOUT ROWID;

  CREATE TABLE leases (
    session_id TEXT NOT NULL,
    holder TEXT NOT NULL,
    generation INTEGER NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (session_id, holder)
  ) WITHOUT ROWID;

  CREATE TABLE pool (
    runtime_key TEXT NOT NULL,
    revision TEXT NOT NULL,
    ready_at REAL NOT NULL,
    sandbox_id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (runtime_key, revision, ready_at, sandbox_id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX pool_sandbox ON pool (sandbox_id);

  CREATE TABLE resources (
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    resource_version INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
  );
  CREATE TABLE resource_counter (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL);
  INSERT INTO resource_counter VALUES (1, 0);
  `,
  `CREATE TABLE scalers (runtime_key TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;`,
  `
  CREATE TABLE event_triggers (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    waiting INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE event_sums (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    waiting INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    last INTEGER NOT NULL,
    sorted INTEGER NOT NULL
  );
  INSERT INTO event_sums VALUES (1, 0, 0, 0, 0);

  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY,
    trigger_n INTEGER NOT NULL,
    at REAL NOT NULL,
    lane TEXT,
    size INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    mode TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX deliveries_trigger ON deliveries (trigger_n, seq);

  CREATE TABLE delivery_turns (
    seq INTEGER PRIMARY KEY,
    trigger_n INTEGER NOT NULL,
    due REAL NOT NULL,
    lane TEXT,
    holder TEXT,
    turn INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    error TEXT
  );
  CREATE INDEX delivery_turns_due ON delivery_turns (trigger_n, due, seq);
  CREATE UNIQUE INDEX delivery_turns_lane ON delivery_turns (lane) WHERE lane IS NOT NULL;
  CREATE TABLE delivery_lanes (
    lane TEXT NOT NULL,
    seq INTEGER NOT NULL,
    trigger_n INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (lane, seq)
  ) WITHOUT ROWID;

  CREATE TABLE event_repeats (
    trigger_n INTEGER NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    at REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (trigger_n, source, id)
  ) WITHOUT ROWID;
  CREATE INDEX event_repeats_until ON event_repeats (until);

  CREATE TABLE dead_letters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL,
    trigger_n INTEGER NOT NULL,
    buried_at REAL NOT NULL,
    tries INTEGER NOT NULL,
    error TEXT NOT NULL,
    at REAL NOT NULL,
    lane TEXT,
    size INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    mode TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX dead_letters_trigger ON dead_letters (trigger_n, seq);
  CREATE INDEX dead_letters_namespace ON dead_letters (namespace, seq);

  CREATE TABLE event_bindings (key TEXT NOT NULL PRIMARY KEY, session_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE event_strikes (trigger TEXT NOT NULL PRIMARY KEY, tick REAL NOT NULL) WITHOUT ROWID;
  `,
  `ALTER TABLE event_bindings ADD COLUMN ended_at REAL;`,
  `
  CREATE TABLE event_inbox (seq INTEGER PRIMARY KEY, at REAL NOT NULL, packed TEXT NOT NULL, bodies BLOB NOT NULL);
  CREATE TABLE event_inbox_triggers (
    trigger_n INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (trigger_n, seq)
  ) WITHOUT ROWID;
  `,
];

/** Brings the file to the newest schema in one transaction. Throws STORE_UNAVAILABLE when a newer platform wrote it. */
export function migrate(db: DatabaseSync, path: string): void {
  const had = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (had > migrations.length) {
    throw new PlatformError(
      'STORE_UNAVAILABLE',
      `${path} was written by a newer version of the platform (schema ${had}, this one knows ${migrations.length}): ` +
        'start that version, or use another data directory',
    );
  }
  if (had === migrations.length) return;
  const missing = migrations.slice(had).join('');
  db.exec(`BEGIN IMMEDIATE; ${missing} PRAGMA user_version = ${migrations.length}; COMMIT`);
}
