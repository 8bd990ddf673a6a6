// Owns: putting the parts of the session store together over one database. What each part promises is in its own file.
import type { SessionStore } from '../../model/session-store.ts';
import type { Database } from './database.ts';
import { leases } from './leases.ts';
import { warmPool } from './pool.ts';
import { sessionReads } from './reads.ts';
import { sessionWrites, upkeep } from './writes.ts';

/** A session store on an open database; closing the store closes the database for everybody. */
export const sqliteSessionStore = (db: Database): SessionStore => ({
  ...sessionReads(db),
  ...sessionWrites(db),
  ...upkeep(db),
  ...leases(db),
  ...warmPool(db),
  close: () => db.close(),
});
