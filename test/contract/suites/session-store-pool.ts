// What every store of sessions promises about warm sandboxes: handed out once in their life, with the session, or not at all (S1).
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SandboxRef } from '../../../model/sandbox.ts';
import type { SessionStore } from '../../../model/session-store.ts';
import { interpreter, minute, moved, sandboxOf, sessionIn, t0, warm } from '../../support/sessions.ts';
import type { OpenStore } from './session-store-sessions.ts';

/** Registers the tests of the warm pool for one adapter. */
export function poolContract(open: OpenStore): void {
  let store: SessionStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  const bindTo = (id: string) => (sandbox: SandboxRef) => ({
    session: sessionIn({ kind: 'paused', sandbox, claimed: true }, { id }),
    dueAt: t0 + minute,
  });
  const claim = (id: string, revision = 'r1') => store.claim(interpreter, revision, bindTo(id));
  const pooled = async () => (await store.entries()).map(({ sandbox }) => sandbox.id).sort();

  describe('the warm pool (S1)', () => {
    test('gives back what was offered', async () => {
      await store.offer(warm('w1'));
      expect(await store.entries()).toEqual([warm('w1')]);
    });

    test('a claim takes the sandbox out and makes the session, in one step', async () => {
      await store.offer(warm('w1'));
      const session = await claim('s1');
      expect(session).toEqual(bindTo('s1')(sandboxOf('w1')).session);
      expect(await store.get('s1')).toEqual({ session, lastActivityAt: t0, leasedUntil: 0 });
      expect((await store.bySandbox('w1'))?.session.id).toBe('s1');
      expect((await store.due(t0 + minute, 10)).map((record) => record.session.id)).toEqual(['s1']);
      expect(await pooled()).toEqual([]);
    });

    test('where a sandbox is woken directly is kept, in the pool and in its session', async () => {
      const place = { agent: 'http://10.0.0.7:8090', pod: '7d0f' };
      const entry = warm('w1', { sandbox: { ...sandboxOf('w1'), place } });
      await store.offer(entry);
      expect(await store.entries()).toEqual([entry]);
      const session = await claim('s1');
      expect(session).toEqual(bindTo('s1')(entry.sandbox).session);
      expect((await store.get('s1'))?.session).toEqual(session);
    });

    test('an empty pool makes no session, and asks for at most one', async () => {
      let asked = 0;
      const bind = (sandbox: SandboxRef) => {
        asked += 1;
        return bindTo('s1')(sandbox);
      };
      expect(await store.claim(interpreter, 'r1', bind)).toBe('empty');
      expect(asked).toBeLessThanOrEqual(1);
      expect(await store.get('s1')).toBeUndefined();
    });

    test('the oldest goes first', async () => {
      await store.offer(warm('w1', { readyAt: t0 + 2 }));
      await store.offer(warm('w2', { readyAt: t0 }));
      await store.offer(warm('w3', { readyAt: t0 + 1 }));
      for (const id of ['s1', 's2', 's3']) await claim(id);
      const sandboxes = await Promise.all(['w2', 'w3', 'w1'].map((id) => store.bySandbox(id)));
      expect(sandboxes.map((record) => record?.session.id)).toEqual(['s1', 's2', 's3']);
    });

    test.each([
      ['revision', warm('w1', { revision: 'r2' })],
      ['name', warm('w1', { runtime: { ...interpreter, name: 'node' } })],
      ['namespace', warm('w1', { runtime: { ...interpreter, namespace: 'team' } })],
      ['kind', warm('w1', { runtime: { ...interpreter, kind: 'AgentRuntime' } })],
    ])('one of another %s is not given', async (_, entry) => {
      await store.offer(entry);
      expect(await claim('s1')).toBe('empty');
      expect(await pooled()).toEqual(['w1']);
    });

    test('of many claims at once each gets its own sandbox, and the rest none', async () => {
      for (let n = 0; n < 30; n += 1) await store.offer(warm(`w${n}`, { readyAt: t0 + n }));
      const claims = await Promise.all(Array.from({ length: 50 }, (_, n) => claim(`s${n}`)));
      const sessions = claims.filter((answer) => typeof answer === 'object');
      const sandboxes = sessions.map(({ state }) => ('sandbox' in state ? state.sandbox.id : ''));
      expect(new Set(sandboxes).size).toBe(30);
      expect(sessions).toHaveLength(30);
      expect(await store.list({ limit: 100 })).toHaveLength(30);
      expect(await pooled()).toEqual([]);
    });

    test('claims and withdrawals at once never share a sandbox', async () => {
      for (let n = 0; n < 20; n += 1) await store.offer(warm(`w${n}`, { readyAt: t0 + n }));
      const [claims, withdrawn] = await Promise.all([
        Promise.all(Array.from({ length: 20 }, (_, n) => claim(`s${n}`))),
        Promise.all(Array.from({ length: 20 }, (_, n) => store.withdraw(`w${n}`))),
      ]);
      const taken = claims.filter((answer) => answer !== 'empty').length;
      expect(taken + withdrawn.filter(Boolean).length).toBe(20);
    });

    test('a binding that fails leaves the sandbox in the pool', async () => {
      await store.offer(warm('w1'));
      const fail = () => {
        throw new Error('a fault in bind');
      };
      await expect(store.claim(interpreter, 'r1', fail)).rejects.toThrow('a fault in bind');
      expect(await pooled()).toEqual(['w1']);
    });

    test('a binding to a session that exists says so and leaves both as they were', async () => {
      const session = sessionIn('running', { id: 's1' });
      await store.create(session, null);
      await store.offer(warm('w1'));
      expect(await claim('s1')).toBe('exists');
      expect((await store.get('s1'))?.session).toEqual(session);
      expect(await pooled()).toEqual(['w1']);
    });

    test('a session that exists among many claims at once keeps no other from its sandbox', async () => {
      await store.create(sessionIn('running', { id: 'taken' }), null);
      for (const id of ['w1', 'w2', 'w3']) await store.offer(warm(id));
      const answers = await Promise.all([claim('s1'), claim('taken'), claim('s2')]);
      expect(answers.map((answer) => (typeof answer === 'object' ? answer.id : answer))).toEqual([
        's1',
        'exists',
        's2',
      ]);
      expect(await pooled()).toEqual(['w3']);
    });

    test('offered twice it is there once, as first offered', async () => {
      await store.offer(warm('w1'));
      await store.offer(warm('w1', { readyAt: t0 + 5 }));
      expect(await store.entries()).toEqual([warm('w1')]);
    });

    test('what a session has, or had before it ended, is not taken in again', async () => {
      await store.offer(warm('w1'));
      await claim('s1');
      await store.offer(warm('w1'));
      expect(await pooled()).toEqual([]);
      const ending = moved(sessionIn('running', { id: 's1' }), 'ending', {
        state: { kind: 'ending', files: { id: 'w1', name: 'python-w1' }, reason: { kind: 'idle' } },
      });
      expect(await store.save(ending, null)).toBe('saved');
      expect(await store.save(moved(ending, 'ended'), null)).toBe('saved');
      await store.offer(warm('w1'));
      expect(await pooled()).toEqual([]);
    });

    test('withdrawing takes it from whoever comes later, once', async () => {
      await store.offer(warm('w1'));
      expect(await store.withdraw('w1')).toBe(true);
      expect(await store.withdraw('w1')).toBe(false);
      expect(await claim('s1')).toBe('empty');
    });
  });
}
