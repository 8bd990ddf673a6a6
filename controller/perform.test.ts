// What comes of a driver action that could not be done, or that the sandbox refused. S1, S4, S5.
import { describe, expect, test } from '@jest/globals';
import { PlatformError, type ErrorCode } from '../model/errors.ts';
import { sessionIn } from '../test/support/sessions.ts';
import type { Driver } from './driver.ts';
import { MarkBook } from './marks.ts';
import { createPerform } from './perform.ts';

function start(change: Partial<Driver>) {
  const calls: string[] = [];
  const said = (name: string) => async (id: string, what: unknown) =>
    void calls.push(`${name} ${id} ${String(what)}`);
  const driver = {
    ...{ stop: said('stop'), mark: async () => {}, resume: said('resume'), ...change },
  } as unknown as Driver;
  const perform = createPerform({
    ...{ driver, marks: new MarkBook(driver), deployments: { find: () => undefined } },
    touch: async (id) => void calls.push(`touch ${id}`),
    log: () => undefined,
  });
  return { perform, calls };
}

const failing = (code: ErrorCode) => () => Promise.reject(new PlatformError(code, 'no', { reason: 'no' }));

describe('a sandbox that may live all the same', () => {
  test.each(['NODE_UNREACHABLE', 'CLUSTER_UNAVAILABLE', 'SESSION_STATE'] as const)(
    '%s: its memory is not thrown away, and it is tried again',
    async (code) => {
      const { perform, calls } = start({ resume: failing(code), pause: failing(code) });
      expect(await perform(sessionIn('resuming'))).toEqual({ againInMs: 1_000 });
      expect(await perform(sessionIn('pausing'))).toEqual({ againInMs: 1_000 });
      expect(calls).toEqual([]);
    },
  );

  test('SANDBOX_CRASHED: what is left of it is stopped, and the session says what it lost', async () => {
    const { perform, calls } = start({ resume: failing('SANDBOX_CRASHED') });
    expect(await perform(sessionIn('resuming'))).toEqual({ kind: 'lost', generation: 1, why: 'no' });
    expect(calls).toEqual(['stop sandbox-of-session-1 keep-files']);
  });
});

test('a sandbox that is busy is ordered to run, above the pause that it refused: one that is still on its way finds that it runs', async () => {
  const { perform, calls } = start({ pause: async () => ({ busy: ['training'] }) });
  expect(await perform(sessionIn('pausing', { version: 7 }))).toEqual({ kind: 'busy', generation: 1 });
  expect(calls).toEqual(['resume sandbox-of-session-1 8', 'touch session-1']);
});

describe('a sandbox that was started again and could not be marked as its session’s', () => {
  const restarted = { restart: async (id: string) => ({ id, name: id, entryPoints: [] }) };

  test('is stopped, so that a session that is told lost has none that runs', async () => {
    const { perform, calls } = start({ ...restarted, mark: failing('NODE_UNREACHABLE') });
    expect(await perform(sessionIn('restarting'))).toEqual({
      kind: 'start-failed',
      generation: 1,
      why: 'no',
    });
    expect(calls).toEqual(['stop sandbox-of-session-1 keep-files']);
  });

  test('is asked for again when it cannot be stopped either', async () => {
    const stop = failing('CLUSTER_UNAVAILABLE');
    const { perform } = start({ ...restarted, mark: failing('NODE_UNREACHABLE'), stop });
    expect(await perform(sessionIn('restarting'))).toEqual({ againInMs: 1_000 });
  });
});
