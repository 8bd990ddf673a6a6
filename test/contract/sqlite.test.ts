// What only a file can show: what is found again, what a kill or a full disk leaves, and what a bad file is answered with.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openDatabase, type Database, type DatabaseOptions } from '../../adapters/sqlite/database.ts';
import { sqliteEventStore } from '../../adapters/sqlite/event-store.ts';
import { poolStatements } from '../../adapters/sqlite/pool.ts';
import { readStatements } from '../../adapters/sqlite/reads.ts';
import { sqliteResourceStore } from '../../adapters/sqlite/resources.ts';
import { sqliteScalerMemory } from '../../adapters/sqlite/scaler-memory.ts';
import { sqliteSessionStore } from '../../adapters/sqlite/session-store.ts';
import type { SessionStore } from '../../model/session-store.ts';
import { deliveryOf, roomy } from '../support/events.ts';
import { interpreter, minute, moved, sessionIn, t0, warm } from '../support/sessions.ts';

let folder = '';
let path = '';
const opened: Database[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentcube-sqlite-'));
  path = join(folder, 'agentcube.db');
});
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
  rmSync(folder, { recursive: true, force: true });
});

function openFile(options: Partial<DatabaseOptions> = {}): Database {
  const db = openDatabase({ path, lockWaitMs: 0, ...options });
  opened.push(db);
  return db;
}
const openStore = (options: Partial<DatabaseOptions> = {}): SessionStore =>
  sqliteSessionStore(openFile(options));
const unavailable = (message: RegExp) =>
  expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(message) });

describe('opening the file again', () => {
  test('finds sessions, activity, deadlines, leases and the pool', async () => {
    const before = openStore();
    const session = sessionIn('running', { labels: { team: 'blue' } });
    await before.create(session, t0 + minute);
    await before.touch(session.id, t0 + 5);
    await before.acquire(session.id, 'activator', t0 + minute, t0);
    await before.offer(warm('w1'));
    const record = await before.get(session.id);
    await before.close();

    const after = openStore();
    expect(await after.get(session.id)).toEqual(record);
    expect(await after.due(t0 + minute, 10)).toEqual([record]);
    expect(await after.entries()).toEqual([warm('w1')]);
  });

  test('finds what was asked for before the close, though not yet answered', async () => {
    const before = openStore();
    const made = before.create(sessionIn('running'), null);
    await before.close();
    expect(await made).toBe('created');
    expect(await openStore().get('session-1')).toBeDefined();
  });

  test('of an older version adds what it lacks and keeps what it has', async () => {
    const session = sessionIn('running');
    await openStore().create(session, null);
    for (const db of opened.splice(0)) await db.close();
    const first = ['sessions', 'activity', 'leases', 'pool', 'resources', 'resource_counter'];
    const raw = new DatabaseSync(path);
    const tables = raw.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    );
    for (const { name } of tables.all()) {
      if (!first.includes(String(name))) raw.exec(`DROP TABLE ${String(name)}`);
    }
    raw.exec('PRAGMA user_version = 1');
    raw.close();
    const db = openFile();
    const learned = new Map([['AgentRuntime/default/a', '{}']]);
    await sqliteScalerMemory(db).save(learned, []);
    expect(await sqliteScalerMemory(db).load()).toEqual(learned);
    expect(await sqliteEventStore(db).append([deliveryOf('a')], roomy, t0)).toMatchObject({ kind: 'stored' });
    expect((await sqliteSessionStore(db).get(session.id))?.session).toEqual(session);
  });

  test('finds what scalers have learned', async () => {
    const learned = new Map([['AgentRuntime/default/a', '{"a":1}']]);
    const before = openFile();
    await sqliteScalerMemory(before).save(learned, []);
    await before.close();
    expect(await sqliteScalerMemory(openFile()).load()).toEqual(learned);
  });

  test('goes on counting resource versions', async () => {
    const key = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' };
    const first = openFile();
    await sqliteResourceStore(first).put({ ...key, json: '{}' }, 'absent');
    await sqliteResourceStore(first).remove(key);
    await first.close();
    const again = sqliteResourceStore(openFile());
    expect(await again.put({ ...key, json: '{}' }, 'absent')).toEqual({ resourceVersion: 3 });
  });
});

describe('killed while claiming (S1)', () => {
  /** Runs the claiming process and kills it once it has told of `claims` of them. */
  async function claimUntilKilled(name: string, claims: number): Promise<Map<string, string>> {
    const script = fileURLToPath(new URL('./claims-until-killed.ts', import.meta.url));
    const child = spawn(process.execPath, [script, path, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.split('\n').length > claims) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(child.signalCode).toBe('SIGKILL');
    const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
    return new Map(lines.map((line) => line.split(' ') as [string, string]));
  }

  test('no answered claim is lost and none is half done, whenever the kill comes', async () => {
    const sandboxes = Array.from({ length: 2000 }, (_, n) => `w${n}`);
    const before = openStore();
    await Promise.all(sandboxes.map((id, n) => before.offer(warm(id, { readyAt: t0 + n }))));
    await before.close();
    const answered = new Map<string, string>();
    for (const [round, claims] of [1, 7, 20, 33, 61, 90].entries()) {
      for (const [sandbox, session] of await claimUntilKilled(`round-${round}`, claims)) {
        expect(answered.has(sandbox)).toBe(false);
        answered.set(sandbox, session);
      }
      const store = openStore();
      const pooled = new Set((await store.entries()).map(({ sandbox }) => sandbox.id));
      const sessions = await store.list({ limit: 5000 });
      const owners = new Map(
        sessions.map(({ session: { id, state } }) => ['sandbox' in state ? state.sandbox.id : '', id]),
      );
      for (const [sandbox, session] of answered) expect(owners.get(sandbox)).toBe(session);
      expect(sandboxes.filter((id) => pooled.has(id) === owners.has(id))).toEqual([]);
      expect(owners.size).toBe(sessions.length);
      await store.close();
    }
    expect(answered.size).toBeGreaterThan(200);
  }, 60_000);
});

describe('a full disk', () => {
  const full = unavailable(/disk of .*agentcube\.db is full: free some space/);
  const big = (id: string) => sessionIn('running', { id, labels: { text: 'x'.repeat(3000) } });

  /** Creates sessions until one is refused; gives the ids that were answered. */
  async function fill(store: SessionStore): Promise<string[]> {
    const made: string[] = [];
    try {
      for (let n = 0; n < 1000; n += 1) {
        await store.create(big(`s${n}`), null);
        made.push(`s${n}`);
      }
    } catch (refused) {
      expect(refused).toEqual(full);
    }
    return made;
  }

  test('is STORE_UNAVAILABLE, loses nothing and keeps nothing half', async () => {
    const store = openStore({ maxPages: 60 });
    const made = await fill(store);
    expect(made.length).toBeGreaterThan(5);
    expect(made.length).toBeLessThan(1000);
    expect((await store.list({ limit: 1000 })).map(({ session }) => session.id).sort()).toEqual(made.sort());
    await store.close();
    const again = openStore();
    expect((await again.list({ limit: 1000 })).map(({ session }) => session.id).sort()).toEqual(made);
    expect(await again.create(big('more'), null)).toBe('created');
  });

  test('of many at once exactly the answered ones are there', async () => {
    const store = openStore({ maxPages: 60 });
    const names = Array.from({ length: 100 }, (_, n) => `s${n}`);
    const answers = await Promise.allSettled(names.map((id) => store.create(big(id), null)));
    const made = names.filter((_, n) => answers[n]?.status === 'fulfilled');
    expect(made.length).toBeLessThan(100);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toEqual(full);
    expect((await store.list({ limit: 1000 })).map(({ session }) => session.id).sort()).toEqual(made.sort());
  });

  test('a claim that does not fit leaves the sandbox in the pool', async () => {
    const store = openStore({ maxPages: 60 });
    await store.offer(warm('w1'));
    await fill(store);
    const claim = store.claim(interpreter, 'r1', (sandbox) => ({
      session: { ...big('claimed'), state: { kind: 'paused', sandbox, claimed: true } },
      dueAt: null,
    }));
    await expect(claim).rejects.toEqual(full);
    expect(await store.entries()).toEqual([warm('w1')]);
    expect(await store.get('claimed')).toBeUndefined();
  });

  test('still reads and ends what is there', async () => {
    const store = openStore({ maxPages: 60 });
    const [first = ''] = await fill(store);
    const ending = moved(big(first), 'ending', { labels: {} });
    expect(await store.save(ending, null)).toBe('saved');
    expect(await store.save(moved(ending, 'ended'), null)).toBe('saved');
    await store.forget(first);
    expect(await store.get(first)).toBeUndefined();
  });
});

describe('a file that cannot be used says what to do', () => {
  const opening = (options: Partial<DatabaseOptions> = {}) => {
    try {
      openFile(options);
    } catch (refused) {
      return refused;
    }
    throw new Error('it was opened');
  };

  test('not a database', () => {
    writeFileSync(path, 'this is no database, but a text that is long enough to have been one. '.repeat(100));
    expect(opening()).toEqual(unavailable(/agentcube\.db is damaged or not a database: .* move it away/));
  });

  test('cut short', async () => {
    const store = openStore();
    for (let n = 0; n < 100; n += 1) await store.create(sessionIn('running', { id: `s${n}` }), null);
    await store.close();
    truncateSync(path, 8192);
    const damaged = unavailable(/damaged/);
    let refused: unknown;
    try {
      await openStore().list({ limit: 1000 });
    } catch (thrown) {
      refused = thrown;
    }
    expect(refused).toEqual(damaged);
  });

  test('written by a newer version', async () => {
    await openFile().close();
    const raw = new DatabaseSync(path);
    raw.exec('PRAGMA user_version = 99');
    raw.close();
    expect(opening()).toEqual(unavailable(/newer version .*schema 99.* another data directory/));
  });

  test('a directory that is missing, or no directory', () => {
    expect(opening({ path: join(folder, 'missing/agentcube.db') })).toEqual(
      unavailable(/cannot be opened: its directory must exist and be writable/),
    );
    writeFileSync(join(folder, 'file'), '');
    expect(opening({ path: join(folder, 'file/agentcube.db') })).toEqual(unavailable(/cannot be opened/));
    mkdirSync(path);
    expect(opening()).toEqual(unavailable(/cannot be opened/));
  });

  test('in use by another platform', () => {
    openFile();
    expect(opening()).toEqual(unavailable(/in use by another process: stop the other platform/));
  });

  test('closed', async () => {
    const store = openStore();
    await store.close();
    await store.close();
    await expect(store.get('s')).rejects.toEqual(unavailable(/was closed/));
    await expect(store.create(sessionIn('running'), null)).rejects.toEqual(unavailable(/was closed/));
  });
});

describe('searches do not grow with the number of sessions', () => {
  const statements = {
    get: readStatements.byId,
    bySandbox: readStatements.bySandbox,
    due: readStatements.due,
    'list of a runtime': readStatements.pageOfRuntime,
    'list of everything': readStatements.page,
    claim: poolStatements.take,
    withdraw: poolStatements.withdraw,
  };
  test.each(Object.entries(statements))('%s', (_, sql) => {
    const plan = openFile().prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as unknown as { detail: string }[];
    const steps = plan.map(({ detail }) => detail).filter((detail) => !detail.includes('VIRTUAL TABLE'));
    expect(steps.filter((detail) => /^SCAN|TEMP B-TREE/.test(detail))).toEqual([]);
    expect(steps.filter((detail) => detail.startsWith('SEARCH'))).not.toEqual([]);
  });
});
