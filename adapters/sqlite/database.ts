// Owns: one SQLite file, and how operations on it become transactions. Does not own tables (schema.ts) or what is asked.
// One process has the file to itself: two platforms on one data directory would each believe that they own its sandboxes.
// Group commit: what must be durable and was asked in one turn of the event loop is committed together, as waiting for the disk is all the cost.
// Each operation is still all or nothing by itself, and nothing is answered before the commit that holds it.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Durability } from '../../model/session-store.ts';
import { storeFailure } from './failures.ts';
import { migrate } from './schema.ts';

export interface DatabaseOptions {
  /** The file, made when it is not there; its directory must exist. `-wal` is kept beside it. */
  readonly path: string;
  /** How long to wait for another process to let go of the file (ms). */
  readonly lockWaitMs?: number;
  /** The largest the file may grow, in pages of 8 KiB; a full disk for tests. */
  readonly maxPages?: number;
}

export interface Database {
  prepare(sql: string): StatementSync;
  /** Runs `op` now, outside of any open transaction. It sees everything that was answered. */
  read<T>(op: () => T): Promise<T>;
  /** Runs `op` as one atomic operation; when it throws, nothing of it remains. */
  write<T>(durability: Durability, op: () => T): Promise<T>;
  /** Finishes what was asked, then lets go of the file. Again does nothing. */
  close(): Promise<void>;
}

interface Pending {
  readonly durability: Durability;
  readonly run: () => void;
  readonly settle: () => void;
  readonly fail: (why: unknown) => void;
}

function openFile(options: DatabaseOptions): DatabaseSync {
  const db = new DatabaseSync(options.path, { timeout: options.lockWaitMs ?? 2000 });
  try {
    // Of a new file: an event of a kilobyte and a session's row fit several to a page, and a commit of many writes half as often.
    db.exec('PRAGMA page_size = 8192');
    // The order matters: exclusive before WAL keeps the WAL's index in memory, so that no -shm file is shared.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    db.exec('PRAGMA fullfsync = 1; PRAGMA temp_store = MEMORY');
    // Takes the lock even when there is nothing to migrate.
    db.exec('BEGIN IMMEDIATE; COMMIT');
    migrate(db, options.path);
    if (options.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${options.maxPages}`);
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** Opens or makes the file. Throws STORE_UNAVAILABLE, saying what to do, when it cannot be used. */
export function openDatabase(options: DatabaseOptions): Database {
  try {
    return new GroupingDatabase(openFile(options), options.path);
  } catch (thrown) {
    throw storeFailure(thrown, options.path);
  }
}

class GroupingDatabase implements Database {
  readonly #db: DatabaseSync;
  readonly #path: string;
  #pending: Pending[] = [];
  #level: Durability = 'durable';

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
  }

  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  async read<T>(op: () => T): Promise<T> {
    try {
      return op();
    } catch (thrown) {
      throw storeFailure(thrown, this.#path);
    }
  }

  write<T>(durability: Durability, op: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let answer: { readonly value: T } | undefined;
    if (this.#pending.length === 0) setImmediate(() => this.#flush());
    this.#pending.push({
      durability,
      run: () => {
        answer = { value: op() };
      },
      settle: () => {
        if (answer) resolve(answer.value);
      },
      fail: (why) => reject(storeFailure(why, this.#path)),
    });
    // Nothing to share a commit with, and no disk to wait for: waiting for a turn would only cost time.
    if (durability === 'soon' && this.#pending.length === 1) this.#flush();
    return promise;
  }

  async close(): Promise<void> {
    this.#flush();
    if (this.#db.isOpen) this.#db.close();
  }

  /** Commits everything that waits; an operation that throws is undone alone, a failed commit fails them all. */
  #flush(): void {
    const group = this.#pending;
    this.#pending = [];
    if (group.length === 0) return;
    try {
      this.#undo();
      this.#wants(group.some(({ durability }) => durability === 'durable') ? 'durable' : 'soon');
      this.#db.exec('BEGIN IMMEDIATE');
      const done = group.length === 1 ? group : group.filter((pending) => this.#runOne(pending));
      if (group.length === 1) group[0]?.run();
      this.#db.exec('COMMIT');
      for (const pending of done) pending.settle();
    } catch (thrown) {
      // Those that failed alone were told so already; a promise listens once.
      for (const pending of group) pending.fail(thrown);
      this.#undoOrLater();
    }
  }

  #runOne(pending: Pending): boolean {
    this.#db.exec('SAVEPOINT one');
    try {
      pending.run();
      this.#db.exec('RELEASE one');
      return true;
    } catch (thrown) {
      // SQLite itself gives up the whole transaction on some failures (a full disk); then nobody's work is left.
      if (!this.#db.isTransaction) throw thrown;
      this.#db.exec('ROLLBACK TO one; RELEASE one');
      pending.fail(thrown);
      return false;
    }
  }

  /** Some failures end the transaction by themselves; asking again then would be one more failure. */
  #undo(): void {
    if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }

  /** A rollback that fails with its disk is tried again before the next group. */
  #undoOrLater(): void {
    try {
      this.#undo();
    } catch {
      // Everybody was told already, and the commit mark is not in the file: nothing of it can come back.
    }
  }

  #wants(level: Durability): void {
    if (level === this.#level) return;
    this.#db.exec(`PRAGMA synchronous = ${level === 'durable' ? 'FULL' : 'NORMAL'}`);
    this.#level = level;
  }
}
