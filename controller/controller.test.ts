import { describe, expect, test } from '@jest/globals';
import { dueAt, overdueMs, rememberEndedMs } from '../model/due.ts';
import { step } from '../model/session.ts';
import { controllerLab, helloKey, type ControllerLab } from '../test/support/controller-lab.ts';
import { settle } from '../test/support/manual-clock.ts';
import { runtimeKeyText } from '../model/sandbox.ts';

const stateOf = async (lab: ControllerLab, id: string): Promise<string> => (await lab.session(id)).state.kind;
const holder = 'activator-1';

describe('a session through its life', () => {
  test('starts cold, rests, pauses after pauseAfter and resumes on the next request', async () => {
    const lab = await controllerLab();
    const { session, how } = await lab.open();
    expect(how).toBe('cold');
    expect(await stateOf(lab, session.id)).toBe('running');
    await lab.clock.advance(29_000);
    expect(await stateOf(lab, session.id)).toBe('running');
    await lab.clock.advance(2_000);
    expect(await stateOf(lab, session.id)).toBe('paused');
    lab.controller.wakes.wake(session.id);
    await settle();
    expect(lab.history.map((line) => line.split(' ')[1])).toEqual([
      'creating',
      'running',
      'pausing',
      'paused',
      'resuming',
      'running',
    ]);
  });

  test('ends after sessionTimeout without work, leaves nothing, and is forgotten an hour later', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    await lab.clock.advance(901_000);
    expect((await lab.session(session.id)).state).toEqual({ kind: 'ended', reason: { kind: 'idle' } });
    expect(lab.driver.sandboxes.size).toBe(0);
    await lab.clock.advance(rememberEndedMs + 1_000);
    expect(await lab.store.get(session.id)).toBeUndefined();
  });

  test('S4: a wake that was stored late, when whoever stored it had given up on it, is carried out', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    await lab.clock.advance(31_000);
    const asleep = await lab.session(session.id);
    const woken = step(asleep, { kind: 'wanted' }, lab.clock.now());
    if (!('changed' in woken)) throw new Error('it does not sleep');
    await lab.store.save(woken.changed, dueAt(woken.changed, lab.clock.now()));
    await lab.clock.advance(overdueMs - 1_000);
    expect(await stateOf(lab, session.id)).toBe('resuming');
    await lab.clock.advance(2_000);
    expect(await stateOf(lab, session.id)).toBe('running');
  });

  test('S2: a lease that lives keeps it awake; once it is given back the pause comes', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    const claim = { sessionId: session.id, generation: 1 };
    await lab.store.acquire(session.id, holder, lab.clock.now() + 60_000, lab.clock.now());
    await lab.clock.advance(50_000);
    expect(await stateOf(lab, session.id)).toBe('running');
    await lab.store.release([{ ...claim, lastActivityAt: lab.clock.now() - 31_000 }], holder);
    await lab.clock.advance(6_000);
    expect(await stateOf(lab, session.id)).toBe('paused');
  });

  test('S2: its own busy flag keeps it awake and counts as use, beyond sessionTimeout', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    for (const sandbox of lab.driver.sandboxes.values()) sandbox.busy = ['training'];
    await lab.clock.advance(2_000_000);
    expect(await stateOf(lab, session.id)).toBe('running');
    for (const sandbox of lab.driver.sandboxes.values()) sandbox.busy = [];
    await lab.clock.advance(62_000);
    expect(await stateOf(lab, session.id)).toBe('paused');
  });

  test('ends at maxSessionDuration whatever it does', async () => {
    const policy = {
      pauseAfterMs: 1_000,
      suspendAfterMs: null,
      sessionTimeoutMs: 9_000,
      maxSessionDurationMs: 60_000,
    };
    const lab = await controllerLab(undefined, { policy });
    const { session } = await lab.open();
    for (const sandbox of lab.driver.sandboxes.values()) sandbox.busy = ['training'];
    await lab.store.acquire(session.id, holder, lab.clock.now() + 1e9, lab.clock.now());
    await lab.clock.advance(61_000);
    expect((await lab.session(session.id)).state).toEqual({
      kind: 'ended',
      reason: { kind: 'max-duration' },
    });
  });

  test('gives its memory back after suspendAfter where asked, and starts again with its files', async () => {
    const policy = {
      pauseAfterMs: 1_000,
      suspendAfterMs: 5_000,
      sessionTimeoutMs: 900_000,
      maxSessionDurationMs: 1e9,
    };
    const lab = await controllerLab(undefined, { policy });
    const { session } = await lab.open();
    await lab.clock.advance(8_000);
    expect(await stateOf(lab, session.id)).toBe('suspended');
    lab.controller.wakes.wake(session.id);
    await settle();
    const woken = await lab.session(session.id);
    expect([woken.state.kind, woken.generation]).toEqual(['running', 2]);
  });

  test('S4: a crash is recorded and the next request starts it afresh', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    const [id] = [...lab.driver.sandboxes.keys()];
    lab.driver.crash(id ?? '', 'exit code 1');
    await settle();
    expect((await lab.session(session.id)).state).toMatchObject({ kind: 'suspended', lost: 'exit code 1' });
    lab.controller.wakes.wake(session.id);
    await settle();
    expect(await stateOf(lab, session.id)).toBe('running');
  });

  test.each(['pause', 'resume'] as const)(
    'S5: a sandbox that cannot %s is not left running behind its lost session',
    async (action) => {
      const lab = await controllerLab();
      const { session } = await lab.open();
      if (action === 'resume') await lab.clock.advance(31_000);
      lab.driver.fail(action, 'the freezer is gone');
      if (action === 'pause') await lab.clock.advance(31_000);
      else lab.controller.wakes.wake(session.id);
      await settle();
      expect((await lab.session(session.id)).state).toMatchObject({
        kind: 'suspended',
        lost: 'the freezer is gone',
      });
      expect([...lab.driver.sandboxes.values()].map((one) => one.state)).toEqual(['stopped']);
    },
  );

  test('a sandbox that does not start ends the session with the reason and leaves nothing', async () => {
    const lab = await controllerLab();
    lab.driver.fail('start', 'exit code 127');
    const { session } = await lab.open();
    expect((await lab.session(session.id)).state).toEqual({
      kind: 'ended',
      reason: { kind: 'failed', why: 'exit code 127' },
    });
    expect(lab.driver.sandboxes.size).toBe(0);
  });

  test('a request while it is being paused wakes it again, once', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    const release = lab.driver.hold('pause');
    await lab.clock.advance(31_000);
    expect(await stateOf(lab, session.id)).toBe('pausing');
    for (let i = 0; i < 10; i += 1) lab.controller.wakes.wake(session.id);
    release();
    await settle();
    expect(await stateOf(lab, session.id)).toBe('running');
    expect(lab.driver.calls.filter((call) => call.startsWith('resume'))).toHaveLength(1);
  });
});

describe('what people ask of a session', () => {
  test('pause answers when paused, and refuses while a lease is not given back', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    await lab.store.acquire(session.id, holder, lab.clock.now() + 10_000, lab.clock.now());
    const refused = expect(lab.controller.commands.pause(session.id)).rejects.toMatchObject({
      code: 'SESSION_STATE',
    });
    await lab.clock.advance(1_000);
    await refused;
    await lab.store.release(
      [{ sessionId: session.id, generation: 1, lastActivityAt: lab.clock.now() }],
      holder,
    );
    await lab.controller.commands.pause(session.id);
    expect(await stateOf(lab, session.id)).toBe('paused');
    await lab.controller.commands.pause(session.id);
  });

  test('pause asks for the lease of a session without work, and then gets it', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    await lab.store.acquire(session.id, holder, lab.clock.now() + 10_000, lab.clock.now());
    const claim = { sessionId: session.id, generation: 1, lastActivityAt: lab.clock.now() };
    lab.bus.onRecall((sessionId) => void (sessionId === session.id && lab.store.release([claim], holder)));
    const paused = lab.controller.commands.pause(session.id);
    await lab.clock.advance(1_000);
    await paused;
    expect(await stateOf(lab, session.id)).toBe('paused');
  });

  test('pause names what the sandbox itself works on', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    for (const sandbox of lab.driver.sandboxes.values()) sandbox.busy = ['command-1'];
    await expect(lab.controller.commands.pause(session.id)).rejects.toMatchObject({
      code: 'SESSION_STATE',
      details: { reason: 'command-1' },
    });
  });

  test('end answers when nothing is left; again it is gone', async () => {
    const lab = await controllerLab();
    const { session } = await lab.open();
    await lab.controller.commands.end(session.id);
    expect(lab.driver.sandboxes.size).toBe(0);
    await expect(lab.controller.commands.end(session.id)).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    await expect(lab.controller.commands.end('nobody')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});

describe('a warm pool', () => {
  test('is filled with paused sandboxes, and refilled when one is claimed', async () => {
    const lab = await controllerLab(undefined, { warmPoolSize: 3 });
    await lab.clock.advance(1_000);
    expect([...lab.driver.sandboxes.values()].map((one) => one.state)).toEqual([
      'paused',
      'paused',
      'paused',
    ]);
    const { how } = await lab.open();
    expect(how).toBe('claim');
    await lab.clock.advance(1_000);
    expect(lab.driver.sandboxes.size).toBe(4);
    expect(lab.pools.get(runtimeKeyText(helloKey))).toEqual({ wanted: 3, ready: 3, starting: 0 });
  });

  test('drains what an older revision left, and what is too many; sessions keep theirs', async () => {
    const lab = await controllerLab(undefined, { warmPoolSize: 2 });
    await lab.clock.advance(1_000);
    const { session } = await lab.open();
    await lab.clock.advance(1_000);
    lab.deploy({ revision: 'r2', warmPoolSize: 1 });
    await lab.clock.advance(1_000);
    const revisions = (await lab.store.entries()).map((entry) => entry.revision);
    expect(revisions).toEqual(['r2']);
    expect(await stateOf(lab, session.id)).toBe('running');
    expect(lab.driver.sandboxes.size).toBe(2);
  });

  test('whose starts fail waits longer and longer, says why, and recovers', async () => {
    const lab = await controllerLab();
    lab.driver.fail('start', 'exit code 1');
    lab.deploy({ warmPoolSize: 1 });
    await lab.clock.advance(60_000);
    const tries = lab.driver.calls.filter((call) => call.startsWith('start')).length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(9);
    expect(lab.pools.get(runtimeKeyText(helloKey))).toMatchObject({ ready: 0, trouble: 'exit code 1' });
    lab.driver.heal();
    await lab.clock.advance(61_000);
    expect(lab.pools.get(runtimeKeyText(helloKey))).toEqual({ wanted: 1, ready: 1, starting: 0 });
  });

  test('replaces a sandbox that dies while it waits', async () => {
    const lab = await controllerLab(undefined, { warmPoolSize: 1 });
    await lab.clock.advance(1_000);
    const [first] = [...lab.driver.sandboxes.keys()];
    lab.driver.crash(first ?? '', 'out of memory');
    await lab.clock.advance(1_000);
    const ids = (await lab.store.entries()).map((entry) => entry.sandbox.id);
    expect(ids).toHaveLength(1);
    expect(ids).not.toContain(first);
  });
});

describe('after a restart of the platform', () => {
  test('sessions and pools go on; orphans and half-made sandboxes are removed', async () => {
    const before = await controllerLab(undefined, { warmPoolSize: 1 });
    await before.clock.advance(1_000);
    const { session } = await before.open();
    await before.clock.advance(40_000);
    expect(await stateOf(before, session.id)).toBe('paused');
    const spec = [...before.driver.sandboxes.values()][0]?.spec;
    if (!spec) throw new Error('no sandbox');
    await before.driver.start({ ...spec, id: 'orphan' });

    const after = await controllerLab(before, { warmPoolSize: 1 });
    await after.clock.advance(1_000);
    expect(await stateOf(after, session.id)).toBe('paused');
    expect(after.driver.sandboxes.has('orphan')).toBe(false);
    expect(after.driver.sandboxes.size).toBe(2);
    after.controller.wakes.wake(session.id);
    await settle();
    expect((await after.session(session.id)).generation).toBe(1);
  });

  test('S4: a sandbox that died meanwhile is told to its session', async () => {
    const before = await controllerLab();
    const { session } = await before.open();
    for (const sandbox of before.driver.sandboxes.values()) sandbox.state = 'stopped';
    const after = await controllerLab(before);
    expect((await after.session(session.id)).state).toMatchObject({ kind: 'suspended' });
  });

  test('S4: a session whose sandbox was still being made gets it', async () => {
    const before = await controllerLab();
    before.driver.hold('start');
    const { session } = await before.open();
    before.controller.resign();
    const after = await controllerLab(before);
    await settle();
    expect(await stateOf(after, session.id)).toBe('running');
    expect(after.driver.sandboxes.size).toBe(1);
  });

  test('a wanted stop leaves nothing running; sessions come back with their files', async () => {
    const before = await controllerLab(undefined, { warmPoolSize: 2 });
    await before.clock.advance(1_000);
    const { session } = await before.open();
    await before.controller.stop();
    expect([...before.driver.sandboxes.values()].map((one) => one.state)).toEqual(['stopped']);
    const after = await controllerLab(before);
    after.controller.wakes.wake(session.id);
    await settle();
    expect(await stateOf(after, session.id)).toBe('running');
  });
});
