// Pools follow the sizes that somebody decided, both ways and at once, whatever else goes on. S1, S5: what was claimed is left alone.
import { describe, expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import { settle } from '../test/support/manual-clock.ts';
import { keyOf, PoolsLab } from '../test/support/pools-lab.ts';

const cluster = { nodes: () => 7 };

async function opened(change: ConstructorParameters<typeof PoolsLab>[0] = cluster): Promise<PoolsLab> {
  const lab = new PoolsLab(change);
  lab.pools.open();
  await settle();
  return lab;
}

describe('the size of a pool', () => {
  test('is its own, another that was decided, and its own again when nobody decides any more', async () => {
    const lab = await opened();
    lab.deploy('a', 2);
    await lab.clock.advance(10_000);
    expect(await lab.waiting('a')).toBe(2);
    lab.target('a', 5);
    await lab.clock.advance(10_000);
    expect(await lab.waiting('a')).toBe(5);
    lab.target('a', undefined);
    await lab.clock.advance(10_000);
    expect(await lab.waiting('a')).toBe(2);
  });

  test('may be zero, and comes back from there', async () => {
    const lab = await opened();
    lab.deploy('a', 2);
    lab.target('a', 0);
    await lab.clock.advance(10_000);
    expect([await lab.waiting('a'), lab.driver.sandboxes.size]).toEqual([0, 0]);
    lab.target('a', 1);
    await lab.clock.advance(10_000);
    expect(await lab.waiting('a')).toBe(1);
  });

  test('that rises far is made up for by many starts at the same moment', async () => {
    const lab = await opened();
    lab.deploy('a', 0);
    lab.target('a', 40);
    expect(lab.startingOf('a')).toBe(16);
    await lab.clock.advance(1_000);
    expect([await lab.waiting('a'), lab.startingOf('a')]).toEqual([16, 24]);
    await lab.clock.advance(2_000);
    expect(await lab.waiting('a')).toBe(40);
  });

  test('that falls while sandboxes start lets those be finished, begins no other, and keeps the youngest', async () => {
    const lab = await opened();
    lab.deploy('a', 0);
    lab.target('a', 100);
    await lab.clock.advance(1_500);
    const begun = lab.driver.calls.length / 2 + lab.startingOf('a');
    lab.target('a', 1);
    await lab.clock.advance(10_000);
    expect(await lab.waiting('a')).toBe(1);
    expect(lab.driver.calls.filter((call) => call.startsWith('start'))).toHaveLength(begun);
    expect((await lab.store.entries())[0]?.readyAt).toBe(lab.clock.now() - 9_500);
  });

  test('that falls and rises again takes out no more than were gone by then', async () => {
    const lab = await opened({});
    lab.deploy('a', 10);
    await lab.clock.advance(20_000);
    lab.driver.stopMs = 1_000;
    lab.target('a', 0);
    await lab.clock.advance(1_500);
    lab.target('a', 10);
    await lab.clock.advance(20_000);
    expect(await lab.waiting('a')).toBe(10);
    expect(lab.driver.calls.filter((call) => call.startsWith('stop'))).toHaveLength(8);
  });

  test('of a runtime that is not deployed any more is zero', async () => {
    const lab = await opened();
    lab.deploy('a', 3);
    lab.target('a', 5);
    await lab.clock.advance(10_000);
    lab.undeploy('a');
    await lab.clock.advance(10_000);
    expect(lab.driver.sandboxes.size).toBe(0);
    expect(lab.stands.at(-1)).toEqual({ runtime: keyOf('a'), ready: 0, starting: 0 });
  });
});

describe('when many pools lack some', () => {
  test('starts are shared: whose are slow takes no more than its share', async () => {
    const lab = await opened();
    lab.driver.slow.set('slow', 60_000);
    lab.deploy('slow', 0);
    lab.deploy('quick', 0);
    lab.target('slow', 1_000);
    lab.target('quick', 1_000);
    await lab.clock.advance(20_000);
    expect(lab.startingOf('slow')).toBeLessThanOrEqual(32);
    await lab.clock.advance(60_000);
    expect(lab.startingOf('quick')).toBe(32);
    expect(lab.startingOf('slow')).toBe(32);
  });

  test('a small one need not wait until a large one is filled', async () => {
    const lab = await opened();
    for (const name of ['a', 'b', 'c']) lab.deploy(name, 0);
    lab.target('a', 500);
    lab.target('b', 1);
    lab.target('c', 2);
    await lab.clock.advance(2_500);
    expect([await lab.waiting('b'), await lab.waiting('c')]).toEqual([1, 2]);
  });

  test('one whose starts fail takes one start now and then', async () => {
    const lab = await opened();
    lab.driver.fail('start', 'exit code 1');
    lab.deploy('a', 0);
    lab.target('a', 100);
    await lab.clock.advance(1_000);
    const first = lab.driver.calls.filter((call) => call.startsWith('start')).length;
    await lab.clock.advance(60_000);
    const all = lab.driver.calls.filter((call) => call.startsWith('start')).length;
    expect([first, all - first <= 6]).toEqual([16, true]);
    expect(lab.status('a')).toMatchObject({ wanted: 100, ready: 0, trouble: 'exit code 1' });
  });
});

describe('on this machine', () => {
  test('a session that starts cold goes first; sessions that never cease to do so do not keep a pool empty', async () => {
    const lab = await opened({});
    lab.driver.startMs = 100;
    lab.deploy('a', 0);
    lab.coldStarts = 1;
    lab.target('a', 3);
    await lab.clock.advance(240);
    expect(lab.driver.starting).toEqual([]);
    await lab.clock.advance(40);
    expect(lab.driver.starting).toEqual(['a']);
    await lab.clock.advance(400);
    expect(await lab.waiting('a')).toBe(3);
  });

  test('each of them has that moment to itself', async () => {
    const lab = await opened({});
    lab.deploy('a', 0);
    lab.target('a', 1);
    await lab.clock.advance(2_000);
    for (let i = 0; i < 5; i += 1) {
      lab.coldStarts = 1;
      lab.target('a', 2);
      await lab.clock.advance(200);
      expect(lab.driver.starting).toEqual([]);
      lab.target('a', 1);
      lab.coldStarts = 0;
      await lab.clock.advance(200);
    }
  });
});

describe('what a pool is told of', () => {
  test('how it stands, what was decided and why; nothing while it is as it was', async () => {
    const lab = await opened();
    const why = { rule: 'chance', numbers: { wanted: 1 } };
    lab.deploy('a', 0);
    lab.target('a', 1, { wanted: 1, why });
    const target = { runtime: keyOf('a'), size: 1, wanted: 1, why };
    expect(lab.status('a')).toEqual({ wanted: 1, ready: 0, starting: 1, target });
    await lab.clock.advance(1_000);
    expect(lab.status('a')).toEqual({ wanted: 1, ready: 1, starting: 0, target });
    expect(lab.pools.standing({ runtime: lab.runtime('a') })).toEqual({
      ...{ runtime: lab.runtime('a'), ready: 1, starting: 0, target },
    });
    const told = lab.statuses.length;
    for (let i = 0; i < 10; i += 1) lab.pools.look(keyOf('a'));
    expect(lab.statuses).toHaveLength(told);
    lab.deploy('a', 0);
    expect(lab.statuses).toHaveLength(told + 1);
  });

  test('claims are seen, and made up for', async () => {
    const lab = await opened();
    lab.deploy('a', 2);
    await lab.clock.advance(1_000);
    await lab.claim('a');
    expect(lab.stands.at(-1)).toEqual({ runtime: keyOf('a'), ready: 1, starting: 1 });
    await lab.clock.advance(1_000);
    expect(lab.stands.at(-1)).toEqual({ runtime: keyOf('a'), ready: 2, starting: 0 });
  });
});

describe('the store', () => {
  test('is not asked how a pool stands: looking costs no command', async () => {
    const lab = await opened();
    lab.deploy('a', 0);
    lab.target('a', 3);
    await lab.clock.advance(2_000);
    lab.asked.length = 0;
    for (let i = 0; i < 100; i += 1) lab.target('a', 3, { why: { rule: 'chance', numbers: { i } } });
    await lab.clock.advance(1_000);
    expect(lab.asked).toEqual([]);
  });

  test('S1: what was claimed before it was taken out is the session’s, heard of or not', async () => {
    const lab = await opened();
    lab.deploy('a', 2);
    await lab.clock.advance(2_000);
    const session = await lab.claim('a', false);
    lab.target('a', 0);
    await lab.clock.advance(2_000);
    expect(session).not.toBe('empty');
    expect(lab.claimed).toHaveLength(1);
    expect([...lab.driver.sandboxes.values()].map(({ state }) => state)).toEqual(['paused']);
  });

  test('is compared with what is known: claims that were not heard of are made up for', async () => {
    const lab = await opened();
    lab.deploy('a', 2);
    await lab.clock.advance(2_000);
    await lab.claim('a', false);
    await lab.clock.advance(2_000);
    expect(await lab.waiting('a')).toBe(1);
    await lab.pools.lookAgain();
    await lab.clock.advance(2_000);
    expect([await lab.waiting('a'), lab.claimed.length]).toEqual([2, 1]);
  });

  test('may have what nobody here knows of: that counts from then on', async () => {
    const lab = await opened();
    lab.deploy('a', 0);
    const entry = { runtime: keyOf('a'), revision: 'r1', readyAt: 1 };
    await lab.store.offer({ ...entry, sandbox: { id: 'x', name: 'x', entryPoints: [] } });
    lab.target('a', 1);
    await lab.pools.lookAgain();
    await lab.clock.advance(5_000);
    expect(await lab.waiting('a')).toBe(1);
  });

  test('S1: one that was claimed while an earlier leader’s pool was read is not taken for waiting', async () => {
    const lab = new PoolsLab(cluster);
    lab.deploy('a', 1);
    const sandbox = { id: 'x', name: 'x', entryPoints: [] };
    lab.pools.forget('x');
    lab.pools.adopt([{ sandbox, runtime: keyOf('a'), revision: 'r1', readyAt: 1 }]);
    lab.pools.open();
    await lab.clock.advance(2_000);
    expect(await lab.waiting('a')).toBe(1);
  });

  test('that is away keeps a pool from shrinking until it is back', async () => {
    const lab = await opened();
    lab.deploy('a', 3);
    await lab.clock.advance(2_000);
    lab.storeAway = new PlatformError('STORE_UNAVAILABLE', 'the store is away');
    lab.target('a', 1);
    await lab.clock.advance(5_000);
    expect(lab.driver.sandboxes.size).toBe(3);
    lab.storeAway = undefined;
    await lab.clock.advance(5_000);
    expect([await lab.waiting('a'), lab.driver.sandboxes.size]).toEqual([1, 1]);
  });
});

describe('who leads no more', () => {
  test('starts and takes out nothing', async () => {
    const lab = await opened();
    lab.deploy('a', 3);
    await lab.clock.advance(2_000);
    lab.target('a', 10);
    lab.pools.resign();
    lab.target('a', 0);
    const calls = lab.driver.calls.length;
    await lab.clock.advance(60_000);
    expect(await lab.waiting('a')).toBe(3);
    expect(lab.driver.calls.slice(calls).every((call) => call.startsWith('start'))).toBe(true);
  });

  test('a wanted stop waits for what is being taken out, and leaves nothing of what was being started', async () => {
    const lab = await opened();
    lab.driver.stopMs = 500;
    lab.deploy('a', 3);
    await lab.clock.advance(2_000);
    lab.target('a', 2);
    lab.target('b', 1);
    lab.deploy('b', 1);
    const closed = lab.pools.close();
    await lab.clock.advance(5_000);
    await closed;
    expect([await lab.waiting('a'), await lab.waiting('b'), lab.driver.sandboxes.size]).toEqual([2, 0, 2]);
  });
});
