// How a session begins: from the warm pool, or cold; with the store as its only partner.
import { describe, expect, test } from '@jest/globals';
import { hour, interpreter, minute, sandboxOf, second, t0 } from '../test/support/sessions.ts';
import { overdueMs } from './due.ts';
import { openSession, openSessionOnce, type OpenSessionDeps } from './open-session.ts';
import type { DeployedRuntime } from './platform.ts';
import type { SandboxRef } from './sandbox.ts';
import type { Session } from './session.ts';

const deployed: DeployedRuntime = {
  key: interpreter,
  revision: 'r7',
  labels: { team: 'blue' },
  policy: {
    pauseAfterMs: 30 * second,
    suspendAfterMs: null,
    sessionTimeoutMs: 15 * minute,
    maxSessionDurationMs: 8 * hour,
  },
  warmPoolSize: 2,
};

interface Stored {
  readonly how: 'claim' | 'create';
  readonly session: Session;
  readonly dueAt: number | null;
}

/** A store with some warm sandboxes that writes down what it was asked to keep. */
function setUp(runtime: DeployedRuntime | undefined, warm: SandboxRef[]) {
  const stored: Stored[] = [];
  const asked: string[] = [];
  let count = 0;
  const deps: OpenSessionDeps = {
    runtimes: { find: () => runtime },
    ids: { uuid: () => `uuid-${(count += 1)}`, suffix: () => 'abcd1234' },
    store: {
      claim: async (key, revision, bind) => {
        asked.push(`${key.name} ${revision}`);
        const sandbox = warm.shift();
        if (!sandbox) return 'empty';
        stored.push({ how: 'claim', ...bind(sandbox) });
        return bind(sandbox).session;
      },
      create: async (session, dueAt) => {
        stored.push({ how: 'create', session, dueAt });
        return 'created';
      },
    },
  };
  return { deps, stored, asked };
}

const request = { runtime: interpreter, now: t0 };

describe('with a warm sandbox', () => {
  test('is one claim of that runtime and revision, and nothing else', async () => {
    const { deps, stored, asked } = setUp(deployed, [sandboxOf('warm-1')]);
    const opened = await openSession(deps, request);
    expect(opened.how).toBe('claim');
    expect(asked).toEqual(['python r7']);
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatchObject({ how: 'claim', session: opened.session });
  });

  test('the session is asleep in it, of generation and version 1, with the terms of its runtime', async () => {
    const { deps } = setUp(deployed, [sandboxOf('warm-1')]);
    const { session } = await openSession(deps, { ...request, ownerId: 'alice' });
    expect(session).toEqual({
      id: 'uuid-1',
      runtime: interpreter,
      revision: 'r7',
      labels: { team: 'blue' },
      ownerId: 'alice',
      policy: deployed.policy,
      createdAt: t0,
      stateAt: t0,
      generation: 1,
      version: 1,
      state: { kind: 'paused', sandbox: sandboxOf('warm-1'), claimed: true },
    });
  });

  test('it will be looked at when it would be idle', async () => {
    const { deps, stored } = setUp(deployed, [sandboxOf('warm-1')]);
    await openSession(deps, request);
    expect(stored[0]?.dueAt).toBe(t0 + 15 * minute);
  });
});

describe('without a warm sandbox', () => {
  test('is stored as creating, with the sandbox that is to be made', async () => {
    const { deps, stored } = setUp(deployed, []);
    const { session, how } = await openSession(deps, request);
    expect(how).toBe('cold');
    expect(session.state).toEqual({ kind: 'creating', sandbox: { id: 'uuid-2', name: 'python-abcd1234' } });
    expect(stored).toEqual([{ how: 'create', session, dueAt: t0 + overdueMs }]);
  });

  test('a runtime without a size of its own is asked too: the autoscaler may have filled its pool', async () => {
    const { deps, asked } = setUp({ ...deployed, warmPoolSize: 0 }, [sandboxOf('warm-1')]);
    expect((await openSession(deps, request)).how).toBe('claim');
    expect((await openSession(deps, request)).how).toBe('cold');
    expect(asked).toEqual(['python r7', 'python r7']);
  });

  test('an anonymous caller leaves no owner', async () => {
    const { deps } = setUp(deployed, []);
    expect((await openSession(deps, request)).session).not.toHaveProperty('ownerId');
  });
});

describe('with an id from outside', () => {
  const named = { ...request, id: 'mine' };

  test('the session has it, from the pool and cold', async () => {
    const { deps, stored } = setUp(deployed, [sandboxOf('warm-1')]);
    await openSessionOnce(deps, named);
    await openSessionOnce(deps, { ...named, id: 'other' });
    expect(stored.map(({ how, session }) => [how, session.id])).toEqual([
      ['claim', 'mine'],
      ['create', 'other'],
    ]);
  });

  test('one that exists is told, whether there is a warm sandbox or not', async () => {
    const { deps, stored } = setUp(deployed, []);
    const exists = { claim: async () => 'exists' as const, create: async () => 'exists' as const };
    expect(await openSessionOnce({ ...deps, store: exists }, named)).toBe('exists');
    const cold = { ...exists, claim: async () => 'empty' as const };
    expect(await openSessionOnce({ ...deps, store: cold }, named)).toBe('exists');
    expect(stored).toEqual([]);
  });
});

describe('refused', () => {
  test('RUNTIME_NOT_FOUND, and nothing is stored', async () => {
    const { deps, stored } = setUp(undefined, [sandboxOf('warm-1')]);
    await expect(openSession(deps, request)).rejects.toMatchObject({ code: 'RUNTIME_NOT_FOUND' });
    expect(stored).toEqual([]);
  });
});
