// What only a file can show of the event queue: what a kill, a full disk and opening it again leave, and that no search grows with what waits.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { openDatabase, type Database, type DatabaseOptions } from '../../adapters/sqlite/database.ts';
import { sqliteEventStore } from '../../adapters/sqlite/event-store.ts';
import { dueTurns } from '../../adapters/sqlite/event-turns.ts';
import type { EventStore, NewDelivery } from '../../model/event-queue.ts';
import { deliveryOf, eventOf, idsOf, only, refused, roomy, takeSome } from '../support/events.ts';
import { minute, t0 } from '../support/sessions.ts';

jest.setTimeout(60_000);

let folder = '';
let path = '';
const opened: Database[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentcube-sqlite-events-'));
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
const openStore = (options: Partial<DatabaseOptions> = {}): EventStore => sqliteEventStore(openFile(options));

describe('opening the file again', () => {
  test('finds what waits, is in hand, is to be tried again, is dead, bound and struck', async () => {
    const before = openStore();
    await before.append(
      ['a', 'b', 'c', 'd'].map((id) => deliveryOf(id, { dropRepeatsWithinMs: minute })),
      roomy,
      t0,
    );
    const [a, b, c] = await takeSome(before, 3);
    await before.settle(a?.ticket ?? '', 'one', { kind: 'buried', error: refused, at: t0 });
    await before.settle(b?.ticket ?? '', 'one', { kind: 'again', dueAt: t0 + 1, error: refused });
    await before.bind('key', 's1');
    await before.strike('default/t', t0);
    const backlog = await before.backlog();
    await opened.pop()?.close();

    const after = openStore();
    expect(await after.backlog()).toEqual(backlog);
    expect(await after.settle(c?.ticket ?? '', 'one', { kind: 'done' })).toBe(false);
    expect(idsOf(await takeSome(after, 9))).toEqual(['c', 'd']);
    expect(await takeSome(after, 9, { now: t0 + 1 })).toMatchObject([
      { id: 'b', tries: 1, lastError: refused },
    ]);
    expect(idsOf(await after.dead({ namespace: 'default', limit: 9 }))).toEqual(['a']);
    expect(await after.bind('key', 's2')).toBe('s1');
    expect(await after.strike('default/t', t0)).toBe(false);
    const again = deliveryOf('c', { dropRepeatsWithinMs: minute });
    expect(await after.append([again], roomy, t0 + 1)).toEqual({ kind: 'stored', repeats: 1 });
  });

  test('hands out at once what was in hand, in the order of its lane: whoever had it had the file, and is gone', async () => {
    const before = openStore();
    await before.append(
      [deliveryOf('a', { lane: 'l' }), deliveryOf('b', { lane: 'l' }), deliveryOf('c')],
      roomy,
      t0,
    );
    expect(idsOf(await takeSome(before, 9, { holder: 'dead' }))).toEqual(['a', 'c']);
    await opened.pop()?.close();

    const after = openStore();
    const [a, c, ...more] = await takeSome(after, 9, { holder: 'next', until: t0 + minute });
    expect(idsOf([...(a ? [a] : []), ...(c ? [c] : []), ...more])).toEqual(['a', 'c']);
    await after.settle(a?.ticket ?? '', 'next', { kind: 'done' });
    expect(idsOf(await takeSome(after, 9, { holder: 'next' }))).toEqual(['b']);
  });

  test('numbers go on: what comes after all was handled is found', async () => {
    const before = openStore();
    await before.append([deliveryOf('a', { lane: 'l' })], roomy, t0);
    await before.settle(only(await takeSome(before, 1)).ticket, 'one', { kind: 'done' });
    await opened.pop()?.close();
    const after = openStore();
    await after.append([deliveryOf('b', { lane: 'l' })], roomy, t0);
    expect(idsOf(await takeSome(after, 1))).toEqual(['b']);
  });
});

describe('many at once, which are packed', () => {
  const many = (name: string, change: Partial<NewDelivery> = {}, count = 30): NewDelivery[] =>
    Array.from({ length: count }, (_, n) => deliveryOf(`${name}${n}`, change));
  const handled = async (store: EventStore): Promise<string[]> => {
    const ids: string[] = [];
    for (;;) {
      const taken = await takeSome(store, 7, { now: t0 + 1, triggers: ['default/t', 'default/u'] });
      if (taken.length === 0) return ids;
      ids.push(...idsOf(taken));
      for (const { ticket } of taken) await store.settle(ticket, 'one', { kind: 'done' });
    }
  };

  test('come in their order among those that came alone, also after the file was opened again', async () => {
    const before = openStore();
    const [a, b, c, d] = [many('a', {}, 600), [deliveryOf('b')], many('c'), [deliveryOf('d')]];
    for (const deliveries of [a, b, c, d]) await before.append(deliveries, roomy, t0);
    expect(idsOf(await takeSome(before, 2))).toEqual(['a0', 'a1']);
    await opened.pop()?.close();
    expect(await handled(openStore())).toEqual(idsOf([...a, ...b, ...c, ...d]));
  });

  test('are each as they were', async () => {
    const store = openStore();
    const bodies = ['', 'ä\0', 'x'.repeat(20_000), '{}', '5', '6', '7', '8'];
    const events = bodies.map((body, n) => ({
      ...eventOf(body),
      headers: [['ce-n', String(n % 3)]] as const,
    }));
    const ids = ['€', '\n', '"', '4', '5', '6', '7', '8'];
    const sent = events.map((event, n) =>
      deliveryOf(ids[n] ?? '', { event, hops: n, ...(n % 2 === 0 && { lane: `lane ${n}` }) }),
    );
    await store.append(sent, roomy, t0);
    const taken = await takeSome(store, 9);
    expect(taken).toMatchObject(
      sent.map(({ event: { mode, headers }, ...rest }) => ({ ...rest, event: { mode, headers } })),
    );
    expect(taken.map(({ event }) => Buffer.from(event.body).toString())).toEqual(bodies);
  });

  test('count for each of their triggers, and are as old as they are', async () => {
    const store = openStore();
    await store.append([...many('a'), deliveryOf('u', { trigger: 'default/u' })], roomy, t0);
    await store.append([deliveryOf('b')], roomy, t0 + 1);
    expect(await store.backlog()).toEqual([
      { trigger: 'default/t', waiting: 31, dead: 0, oldestAt: t0 },
      { trigger: 'default/u', waiting: 1, dead: 0, oldestAt: t0 },
    ]);
    expect(await handled(store)).toHaveLength(32);
    expect(await store.backlog()).toEqual([]);
  });

  test('are buried when they are old, and keep their key while they wait', async () => {
    const store = openStore();
    await store.bind('l', 's1');
    await store.append(many('a', { lane: 'l' }), roomy, t0);
    expect(await store.forgetKeys([{ key: 'l', sessionId: 's1' }])).toBe(0);
    await store.append(many('b', { trigger: 'default/u' }), roomy, t0);
    expect(await store.expire('default/u', t0 + 1, refused, t0 + 1)).toBe(30);
    expect(await handled(store)).toEqual(idsOf(many('a')));
    expect(await store.forgetKeys([{ key: 'l', sessionId: 's1' }])).toBe(1);
  });
});

describe('killed in the middle (E1)', () => {
  /** Runs the process and kills it once it has told of so many lines; answers the lines. */
  async function killedAfter(lines: number, name: string): Promise<string[]> {
    const script = fileURLToPath(new URL('./events-until-killed.ts', import.meta.url));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, path, name]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.split('\n').length > lines) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('close', resolve));
    return output.split('\n').slice(0, -1);
  }
  const told = (lines: readonly string[], what: string): Set<string> =>
    new Set(lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1)));

  test('what was answered is there unless it was being settled, once, and in the order of its lane', async () => {
    const lines: string[] = [];
    for (const [name, count] of [
      ['k1', 40],
      ['k2', 150],
      ['k3', 333],
    ] as const) {
      lines.push(...(await killedAfter(count, name)));
    }
    const store = openStore();
    const left: { readonly id: string; readonly lane?: string }[] = [];
    for (;;) {
      const taken = await takeSome(store, 50, { now: t0 + minute, until: t0 + 2 * minute });
      if (taken.length === 0) break;
      left.push(...taken);
      for (const { ticket } of taken) expect(await store.settle(ticket, 'one', { kind: 'done' })).toBe(true);
    }
    const ids = new Set(idsOf(left));
    expect(ids.size).toBe(left.length);
    const settling = told(lines, 'settling');
    const missing = [...told(lines, 'stored')].filter((id) => !ids.has(id) && !settling.has(id));
    expect(missing).toEqual([]);
    for (const lane of new Set(left.map((one) => one.lane))) {
      const turns = left
        .filter((one) => one.lane === lane)
        .map(({ id }) => id.split('-'))
        .map(([name = '', turn]) => Number(name.slice(1)) * 1_000_000 + Number(turn));
      expect(turns).toEqual([...turns].sort((a, b) => a - b));
    }
    expect(await store.backlog()).toEqual([]);
  });
});

describe('a full disk', () => {
  test('refuses events and keeps those that it answered for; with room again it goes on', async () => {
    const store = openStore({ maxPages: 120 });
    const event = eventOf('x'.repeat(10_000));
    const stored: string[] = [];
    const fill = async () => {
      for (;;) {
        const id = `e${stored.length}`;
        await store.append([deliveryOf(id, { event })], roomy, t0);
        stored.push(id);
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(stored.length).toBeGreaterThan(5);
    await opened.pop()?.close();
    const after = openStore();
    expect(idsOf(await takeSome(after, 100))).toEqual(stored);
    expect(await after.append([deliveryOf('more', { event })], roomy, t0)).toMatchObject({ kind: 'stored' });
  });
});

describe('searches', () => {
  test('what is due is found by an index, in order, without sorting', () => {
    const plan = openFile()
      .prepare(`EXPLAIN QUERY PLAN ${dueTurns}`)
      .all(1, t0, 10)
      .map((row) => String(row['detail']));
    expect(plan.some((step) => step.includes('delivery_turns_due'))).toBe(true);
    expect(plan.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([]);
  });
});
