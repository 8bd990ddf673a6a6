// What every store of sessions promises about sessions themselves: finding, compare-and-set, deadlines, forgetting.
// Any adapter joins by calling this with a way to open an empty store.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionQuery, SessionStore } from '../../../model/session-store.ts';
import { stateKinds } from '../../../model/session.ts';
import { interpreter, minute, moved, sandboxOf, second, sessionIn, t0 } from '../../support/sessions.ts';

/** An empty store; `close` of the store also removes what it left. */
export type OpenStore = () => Promise<SessionStore>;

/** Registers the tests of sessions for one adapter. */
export function sessionsContract(open: OpenStore): void {
  let store: SessionStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  const ids = async (query: Partial<SessionQuery> = {}) =>
    (await store.list({ limit: 100, ...query })).map(({ session }) => session.id);
  const dueIds = async (now: number, limit = 100) =>
    (await store.due(now, limit)).map(({ session }) => session.id);

  describe('creating', () => {
    test.each(stateKinds)('a session in %s comes back as it was', async (kind) => {
      const session = sessionIn(kind, {
        ownerId: 'alice',
        labels: { 'a/b': 'c', '': 'ö "quoted"' },
        wokenAt: t0 + 3,
      });
      expect(await store.create(session, t0 + minute)).toBe('created');
      expect(await store.get(session.id)).toEqual({ session, lastActivityAt: t0, leasedUntil: 0 });
    });

    test('an id that exists changes nothing', async () => {
      const session = sessionIn('running');
      await store.create(session, t0 + minute);
      expect(await store.create({ ...session, revision: 'other' }, t0)).toBe('exists');
      expect((await store.get(session.id))?.session).toEqual(session);
      expect(await dueIds(t0 + minute - 1)).toEqual([]);
    });

    test('of many at once with one id, one is created', async () => {
      const made = await Promise.all(
        Array.from({ length: 20 }, () => store.create(sessionIn('creating'), null)),
      );
      expect(made.filter((answer) => answer === 'created')).toHaveLength(1);
    });

    test('what was never made is not there', async () => {
      expect(await store.get('nobody')).toBeUndefined();
      expect(await store.bySandbox('nothing')).toBeUndefined();
    });
  });

  describe('compare-and-set (S6)', () => {
    test('a save over the version before is stored', async () => {
      const session = sessionIn('running');
      await store.create(session, null);
      const next = moved(session, 'pausing', { generation: 1, stateAt: t0 + 5 });
      expect(await store.save(next, t0 + minute)).toBe('saved');
      expect((await store.get(session.id))?.session).toEqual(next);
      expect(await dueIds(t0 + minute)).toEqual([session.id]);
    });

    test.each([1, 3, 4])(
      'a save of version %i over version 1 conflicts, and changes nothing',
      async (version) => {
        const session = sessionIn('running');
        await store.create(session, null);
        expect(await store.save(moved(session, 'ending', { version }), t0)).toBe('conflict');
        expect((await store.get(session.id))?.session).toEqual(session);
        expect(await dueIds(t0)).toEqual([]);
      },
    );

    test('a save of what was never made conflicts', async () => {
      expect(await store.save(moved(sessionIn('running'), 'ending'), null)).toBe('conflict');
      expect(await ids()).toEqual([]);
    });

    test('of many saves of one version at once, one is stored', async () => {
      const session = sessionIn('running');
      await store.create(session, null);
      const saves = Array.from({ length: 20 }, (_, n) => moved(session, 'ending', { stateAt: t0 + n }));
      const answers = await Promise.all(saves.map((save) => store.save(save, null)));
      expect(answers.filter((answer) => answer === 'saved')).toHaveLength(1);
      expect((await store.get(session.id))?.session).toEqual(saves[answers.indexOf('saved')]);
    });

    test('a save does not touch the activity (S7)', async () => {
      const session = sessionIn('running');
      await store.create(session, null);
      await store.touch(session.id, t0 + minute);
      await store.save(moved(session, 'pausing'), null);
      expect((await store.get(session.id))?.lastActivityAt).toBe(t0 + minute);
    });
  });

  describe('listing', () => {
    const other = { kind: 'AgentRuntime', namespace: 'team', name: 'hello' } as const;
    beforeEach(async () => {
      await store.create(sessionIn('running', { id: 'c', labels: { team: 'blue', tier: '1' } }), null);
      await store.create(sessionIn('paused', { id: 'a', labels: { team: 'blue' } }), null);
      await store.create(sessionIn('paused', { id: 'd', runtime: other, labels: { team: 'red' } }), null);
      await store.create(sessionIn('ended', { id: 'b', runtime: { ...other, name: 'python' } }), null);
    });

    const cases: { name: string; query: Partial<SessionQuery>; found: string[] }[] = [
      { name: 'everything, in order of id', query: {}, found: ['a', 'b', 'c', 'd'] },
      { name: 'a kind', query: { kind: 'AgentRuntime' }, found: ['b', 'd'] },
      { name: 'a namespace', query: { namespace: 'default' }, found: ['a', 'c'] },
      { name: 'a runtime name, of whatever kind', query: { runtime: 'python' }, found: ['a', 'b', 'c'] },
      { name: 'one runtime', query: { kind: interpreter.kind, runtime: 'python' }, found: ['a', 'c'] },
      { name: 'a state', query: { states: ['paused'] }, found: ['a', 'd'] },
      { name: 'any of some states', query: { states: ['paused', 'ended'] }, found: ['a', 'b', 'd'] },
      { name: 'no states', query: { states: [] }, found: [] },
      { name: 'a label', query: { labels: { team: 'blue' } }, found: ['a', 'c'] },
      { name: 'all of some labels', query: { labels: { team: 'blue', tier: '1' } }, found: ['c'] },
      { name: 'a label that nobody has', query: { labels: { toString: 'blue' } }, found: [] },
      {
        name: 'everything together',
        query: { runtime: 'python', states: ['paused'], labels: { team: 'blue' } },
        found: ['a'],
      },
      { name: 'the page after an id', query: { after: 'b' }, found: ['c', 'd'] },
      { name: 'the page after an id that is gone', query: { after: 'bb' }, found: ['c', 'd'] },
      { name: 'no more than asked for', query: { limit: 2 }, found: ['a', 'b'] },
      { name: 'none when none are asked for', query: { limit: 0 }, found: [] },
    ];
    test.each(cases)('$name', async ({ query, found }) => {
      expect(await ids(query)).toEqual(found);
    });

    test('pages by the last id give each session once, also when filtered', async () => {
      for (let n = 0; n < 25; n += 1) {
        await store.create(
          sessionIn('running', { id: `page-${n}`, labels: { even: String(n % 2 === 0) } }),
          null,
        );
      }
      const seen: string[] = [];
      for (let after = ''; ; after = seen.at(-1) ?? '') {
        const page = await ids({ runtime: 'python', labels: { even: 'true' }, limit: 4, after });
        seen.push(...page);
        if (page.length < 4) break;
      }
      expect(seen).toHaveLength(13);
      expect(seen).toEqual([...new Set(seen)].sort());
    });
  });

  describe('what is due', () => {
    test('is what is not after now, earliest first', async () => {
      for (const [id, dueAt] of [
        ['a', t0 + 3],
        ['b', t0 + 1],
        ['c', null],
        ['d', t0 + 2],
        ['e', t0 + 9],
      ] as const) {
        await store.create(sessionIn('running', { id }), dueAt);
      }
      expect(await dueIds(t0 + 3)).toEqual(['b', 'd', 'a']);
      expect(await dueIds(t0 + 3, 2)).toEqual(['b', 'd']);
      expect(await dueIds(t0)).toEqual([]);
    });

    test('follows the newest save, and null takes it away', async () => {
      const session = sessionIn('running');
      await store.create(session, t0);
      const later = moved(session, 'pausing');
      await store.save(later, t0 + minute);
      expect(await dueIds(t0)).toEqual([]);
      await store.save(moved(later, 'ending'), null);
      expect(await dueIds(Number.MAX_SAFE_INTEGER)).toEqual([]);
    });

    test('can be postponed without a new version', async () => {
      const session = sessionIn('running');
      await store.create(session, t0);
      await store.postpone(session.id, 1, t0 + second);
      expect(await dueIds(t0)).toEqual([]);
      expect(await dueIds(t0 + second)).toEqual([session.id]);
      expect((await store.get(session.id))?.session).toEqual(session);
      await store.postpone(session.id, 1, null);
      expect(await dueIds(t0 + minute)).toEqual([]);
    });

    test('is not postponed by who saw another version, nor for nobody', async () => {
      const session = sessionIn('running');
      await store.create(session, t0);
      await store.save(moved(session, 'pausing'), t0 + 1);
      await store.postpone(session.id, 1, t0 + minute);
      await store.postpone(session.id, 3, t0 + minute);
      await store.postpone('nobody', 1, t0 + minute);
      expect(await dueIds(t0 + 1)).toEqual([session.id]);
    });
  });

  describe('finding by sandbox (S1)', () => {
    test.each(stateKinds.filter((kind) => kind !== 'ended'))(
      'a session in %s has its sandbox',
      async (kind) => {
        const session = sessionIn(kind);
        await store.create(session, null);
        expect((await store.bySandbox(`sandbox-of-${session.id}`))?.session).toEqual(session);
      },
    );

    test('an ended session has none', async () => {
      const session = sessionIn('ending');
      await store.create(session, null);
      await store.save(moved(session, 'ended'), null);
      expect(await store.bySandbox(`sandbox-of-${session.id}`)).toBeUndefined();
    });

    test('a sandbox of one session is refused to another, which is then not made', async () => {
      await store.create(sessionIn('running', { id: 'first' }), null);
      const thief = sessionIn({ kind: 'running', sandbox: sandboxOf('sandbox-of-first') }, { id: 'second' });
      await expect(store.create(thief, null)).rejects.toThrow();
      expect(await ids()).toEqual(['first']);
    });
  });

  describe('forgetting', () => {
    test('removes an ended session with all that is known of it', async () => {
      const session = sessionIn('running');
      await store.create(session, null);
      await store.acquire(session.id, 'activator', t0 + minute, t0);
      await store.touch(session.id, t0 + minute);
      const ending = moved(session, 'ending');
      await store.save(ending, null);
      await store.save(moved(ending, 'ended'), t0);
      await store.forget(session.id);
      expect(await store.get(session.id)).toBeUndefined();
      expect(await dueIds(t0 + minute)).toEqual([]);
      await store.create(session, null);
      expect(await store.get(session.id)).toEqual({ session, lastActivityAt: t0, leasedUntil: 0 });
    });

    test.each(stateKinds.filter((kind) => kind !== 'ended'))('leaves a session in %s', async (kind) => {
      const session = sessionIn(kind);
      await store.create(session, null);
      await store.touch(session.id, t0 + minute);
      await store.forget(session.id);
      expect(await store.get(session.id)).toEqual({ session, lastActivityAt: t0 + minute, leasedUntil: 0 });
    });

    test('of nobody does nothing', async () => {
      await store.forget('nobody');
      expect(await ids()).toEqual([]);
    });
  });
}
