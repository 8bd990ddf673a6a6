// A sandbox that ends by itself: whoever waits for it gets a typed error, the session says why, and the next request
// finds a fresh start with the files (S3, S4).
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { agentUrl, call, openAgent, untilState, type AgentSession, type Answer } from '../support/client.ts';
import { upTo } from '../support/crowd.ts';
import { probeFolder } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';
import { count, markAgent } from '../support/probe.ts';

jest.setTimeout(180_000);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({
    folder: probeFolder(
      { name: 'fragile' },
      { name: 'small', limits: { memory: '128Mi' } },
      { name: 'stillborn', env: { EXIT_AT_START: '7' } },
    ),
  });
});

afterAll(() => platform.dispose());

async function countedSession(name: string): Promise<AgentSession> {
  const session = await openAgent(platform, name);
  await markAgent(session);
  await count(session);
  return session;
}

function expectCrash(answer: Answer, session: AgentSession): void {
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({
    code: 'SANDBOX_CONNECTION_LOST',
    retryable: true,
    sessionId: session.id,
  });
}

const freshStart = (session: AgentSession) => ({
  mark: '',
  markInFile: session.id,
  memory: 1,
  file: 2,
  strangers: 0,
});

describe('an agent that exits', () => {
  test('its request gets a typed error, the session tells the exit code, the next request a fresh start', async () => {
    const session = await countedSession('fragile');
    expectCrash(await session.call('POST', '/crash?code=3'), session);
    const view = await untilState(platform, session.id, 'suspended');
    expect(view.lost).toBe('exit code 3');
    expect(await count(session)).toMatchObject(freshStart(session));
  });

  test('everybody in the middle of an answer gets the typed error', async () => {
    const session = await countedSession('fragile');
    const slow = upTo(5).map(() => session.call('POST', '/slow?ms=60000'));
    await count(session);
    const crash = session.call('POST', '/crash?code=1');
    for (const answer of await Promise.all([...slow, crash])) expectCrash(answer, session);
  });
});

test('an agent that takes more memory than it may: the session says so', async () => {
  const session = await countedSession('small');
  const answer = await session.call('POST', '/hog?megabytes=512');
  if (platform.output().includes('no memory limit')) {
    expect(answer.status).toBe(200); // this host lets nobody set limits, and the platform said so
    return;
  }
  expectCrash(answer, session);
  const view = await untilState(platform, session.id, 'suspended');
  expect(view.lost).toBe('out of memory (limit 128Mi)');
  expect(await count(session)).toMatchObject(freshStart(session));
});

test('an agent that exits while it starts: the caller is told so, and nothing is left of it', async () => {
  const answer = await call('GET', agentUrl(platform, 'stillborn'));
  expect(answer.status).toBe(500);
  expect(answer.json()).toMatchObject({
    code: 'SANDBOX_START_FAILED',
    retryable: true,
    reason: expect.stringContaining('exit code 7'),
  });
});
