// Claimed sandboxes are marked beside everything else, a few at once, until they are.
import { describe, expect, test } from '@jest/globals';
import { memorySessionStore } from '../adapters/memory/session-store.ts';
import { PlatformError, type ErrorCode } from '../model/errors.ts';
import type { Session } from '../model/session.ts';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { moved, second, sessionIn, t0 } from '../test/support/sessions.ts';
import { MarkBook } from './marks.ts';
import { Marking } from './marking.ts';

const claimed = (id: string): Session => sessionIn('paused', { id });

async function start(mark: (sandboxId: string) => Promise<void>) {
  const clock = manualClock(t0);
  const store = memorySessionStore();
  const asked: string[] = [];
  const logged: string[] = [];
  const marks = {
    mark: (sandboxId: string, session: Session) => {
      asked.push(`${sandboxId} of ${session.id}`);
      return mark(sandboxId);
    },
  };
  const marking = new Marking({ store, marks, clock, log: (message) => void logged.push(message) });
  const session = claimed('s');
  await store.create(session, null);
  return { clock, store, marking, asked, logged, session };
}

describe('the mark of a claimed sandbox', () => {
  test.each(['paused', 'resuming', 'running', 'pausing', 'suspended'] as const)(
    'is made whatever became of the session meanwhile: %s',
    async (kind) => {
      const { marking, asked } = await start(async () => {});
      marking.add(sessionIn(kind, { id: 's' }));
      await settle();
      expect(asked).toEqual(['sandbox-of-s of s']);
    },
  );

  test.each(['ending', 'ended'] as const)('is not made when the session is %s', async (kind) => {
    const { marking, asked } = await start(async () => {});
    marking.add(sessionIn(kind, { id: 's' }));
    await settle();
    expect(asked).toEqual([]);
  });

  test('that fails is made again, for the session as it is then', async () => {
    let away = true;
    const { clock, store, marking, asked, logged, session } = await start(async () => {
      if (away) throw new PlatformError('CLUSTER_UNAVAILABLE', 'the API server is away');
    });
    marking.add(session);
    await clock.advance(3 * second);
    expect(asked.length).toBe(4);
    away = false;
    await clock.advance(5 * second);
    expect([asked.length, logged.length]).toEqual([5, 4]);
    away = true;
    marking.add(session);
    await store.save(moved(session, 'ended'), null);
    await clock.advance(5 * second);
    expect(asked.length).toBe(6);
  });

  test.each([
    ['SANDBOX_CRASHED', 0],
    ['NOT_LEADER', 0],
    ['SESSION_STATE', 1],
  ] as const)('is not made again after %s', async (code: ErrorCode, told) => {
    const { clock, marking, asked, logged, session } = await start(() =>
      Promise.reject(new PlatformError(code, 'no')),
    );
    marking.add(session);
    await clock.advance(5 * second);
    expect([asked.length, logged.length]).toEqual([1, told]);
  });

  test('waits while eight are being made', async () => {
    const held = Promise.withResolvers<void>();
    const { marking, asked } = await start(() => held.promise);
    for (let n = 0; n < 20; n += 1) marking.add(claimed(`s${n}`));
    await settle();
    expect(asked.length).toBe(8);
    held.resolve();
    await settle();
    expect(asked).toEqual(Array.from({ length: 20 }, (_, n) => `sandbox-of-s${n} of s${n}`));
  });

  test('is not made by whoever leads no more', async () => {
    const { clock, marking, asked, session } = await start(() => Promise.reject(new Error('away')));
    marking.add(session);
    await settle();
    marking.end();
    await clock.advance(5 * second);
    marking.add(claimed('other'));
    expect(asked.length).toBe(1);
  });
});

describe('a mark that is asked for twice at a time', () => {
  const start2 = () => {
    const results = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    const marks = new MarkBook({ mark: () => results[asked++]?.promise ?? Promise.resolve() });
    return { marks, results, asked: () => asked };
  };

  test('is made once, and both wait for it', async () => {
    const { marks, results, asked } = start2();
    const both = Promise.all([marks.mark('x', claimed('s')), marks.mark('x', claimed('s'))]);
    await settle();
    expect(asked()).toBe(1);
    results[0]?.resolve();
    await both;
    expect(asked()).toBe(1);
  });

  test('is made by the second when the first failed', async () => {
    const { marks, results, asked } = start2();
    const first = marks.mark('x', claimed('s'));
    const second_ = marks.mark('x', claimed('s'));
    results[0]?.reject(new Error('away'));
    results[1]?.resolve();
    await expect(first).rejects.toThrow('away');
    await second_;
    expect(asked()).toBe(2);
  });

  test('S1: is refused to the other session', async () => {
    const { marks, results } = start2();
    const first = marks.mark('x', claimed('s'));
    const other = marks.mark('x', claimed('other'));
    results[0]?.resolve();
    await first;
    await expect(other).rejects.toMatchObject({ code: 'SESSION_STATE' });
  });
});
