// When a session sleeps and when it ends: by work, not by traffic (S2), and never sooner than its runtime says (S7).
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  agentUrl,
  call,
  openAgent,
  sessionHeader,
  until,
  untilState,
  viewSession,
} from '../support/client.ts';
import { probeFolder } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';
import { count, markAgent, ownState } from '../support/probe.ts';

jest.setTimeout(180_000);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({
    folder: probeFolder(
      { name: 'sleepy', spec: { pauseAfter: '1s' } },
      { name: 'wakeful', spec: { pauseAfter: 'never' } },
      { name: 'shedding', spec: { pauseAfter: '500ms', suspendAfter: '500ms' } },
      { name: 'brief', spec: { pauseAfter: '500ms', sessionTimeout: '2s' } },
      { name: 'mortal', spec: { maxSessionDuration: '3s' } },
      { name: 'pooled', spec: { warmPoolSize: 1 } },
    ),
  });
});

afterAll(() => platform.dispose());

/** Looks at a session's state for a while. */
async function statesFor(id: string, ms: number): Promise<string[]> {
  const seen = new Set<string>();
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100))
    seen.add((await viewSession(platform, id)).state);
  return [...seen];
}

describe('falling asleep', () => {
  test('a busy flag keeps a session awake that nobody is connected to', async () => {
    const session = await openAgent(platform, 'sleepy');
    await session.callOk('POST', '/busy?ms=5000');
    expect(await statesFor(session.id, 4_000)).toEqual(['running']);
    await untilState(platform, session.id, 'paused');
  });

  test('a request in hand keeps a session awake', async () => {
    const session = await openAgent(platform, 'sleepy');
    const slow = session.call('POST', '/slow?ms=4000');
    expect(await statesFor(session.id, 3_000)).toEqual(['running']);
    expect((await slow).status).toBe(200);
    await untilState(platform, session.id, 'paused');
  });

  test('pauseAfter: never leaves it running', async () => {
    const session = await openAgent(platform, 'wakeful');
    expect(await statesFor(session.id, 3_000)).toEqual(['running']);
  });

  test('suspendAfter gives the memory up and keeps the files', async () => {
    const session = await openAgent(platform, 'shedding');
    await markAgent(session);
    await untilState(platform, session.id, 'suspended');
    const woken = await session.call('POST', '/count');
    expect(woken.headers.get('server-timing')).toMatch(/desc="?suspended/);
    expect(ownState(session, woken)).toMatchObject({ mark: '', memory: 1 });
  });
});

describe('ending', () => {
  test('sessionTimeout ends a session that is not used, and its reason is kept', async () => {
    const session = await openAgent(platform, 'brief');
    const view = await untilState(platform, session.id, 'ended');
    expect(view.reason).toBe('idle');
    const answer = await session.call('GET', '/');
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'SESSION_ENDED', reason: 'idle', retryable: false });
  });

  test('a request that outlasts sessionTimeout is not cut', async () => {
    const session = await openAgent(platform, 'brief');
    expect((await session.call('POST', '/slow?ms=5000')).status).toBe(200);
  });

  test('maxSessionDuration ends a session whatever it does', async () => {
    const session = await openAgent(platform, 'mortal');
    await until(
      'the end',
      () => session.call('GET', '/'),
      ({ status }) => status === 404,
    );
    const view = await untilState(platform, session.id, 'ended');
    expect(view.reason).toBe('max-duration');
  });
});

describe('the warm pool', () => {
  const open = () => call('GET', agentUrl(platform, 'pooled'));

  test('a new session is given a sandbox that is ready; the pool is filled again; none is given twice', async () => {
    const boots = new Set<string>();
    const claims = 3;
    for (let claim = 0; claim < claims; claim += 1) {
      const answer = await until('a claim', open, ({ headers }) =>
        /^claim;dur=/.test(headers.get('server-timing') ?? ''),
      );
      expect(answer.status).toBe(200);
      expect(answer.headers.get(sessionHeader)).toMatch(/^[0-9a-f-]{36}$/);
      boots.add(answer.json<{ boot: string }>().boot);
    }
    expect(boots.size).toBe(claims);
  });

  test('without a pool the first request starts a sandbox and says so', async () => {
    const answer = await call('GET', agentUrl(platform, 'sleepy'));
    expect(answer.headers.get('server-timing')).toMatch(/^cold;dur=/);
  });

  test('a session counts from one, whatever its sandbox was used for before', async () => {
    const session = await openAgent(platform, 'pooled');
    await markAgent(session);
    expect(await count(session)).toMatchObject({ memory: 1, file: 1 });
  });
});
