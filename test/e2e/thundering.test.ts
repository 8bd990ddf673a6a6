// A thousand requests at once for one session that is not awake: one wake, and every request gets one answer (S3).
import { afterEach, expect, jest, test } from '@jest/globals';
import {
  openAgent,
  pauseSession,
  untilState,
  viewSession,
  type AgentSession,
  type Answer,
} from '../support/client.ts';
import { upTo } from '../support/crowd.ts';
import { probeFolder } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';
import { ownState, markAgent, type ProbeState } from '../support/probe.ts';
import { storedVersion } from '../support/stored.ts';

const requests = 1_000;
const mayWait = 20;
/** How often a session changes until it is as each test wants it, and at the end. */
const changes = {
  untilPaused: ['creating', 'running', 'pausing', 'paused'].length,
  untilCrashed: ['creating', 'running', 'suspended'].length,
  oneWake: ['resuming or restarting', 'running'].length,
  stop: ['suspended'].length,
};

jest.setTimeout(180_000);

let platform: Platform;

afterEach(() => platform.dispose());

async function startWithSession(...args: readonly string[]): Promise<AgentSession> {
  platform = await startPlatform({ folder: probeFolder({ name: 'crowded' }), args });
  const session = await openAgent(platform, 'crowded');
  await markAgent(session);
  return session;
}

const allAtOnce = (session: AgentSession): Promise<Answer[]> =>
  Promise.all(upTo(requests).map(() => session.call('POST', '/count')));

/** Counted by the changes of the session in the database, which is closed to others while the platform runs. */
async function expectOneWake(session: AgentSession, changesBefore: number): Promise<void> {
  expect((await viewSession(platform, session.id)).state).toBe('running');
  await platform.stop();
  const all = changesBefore + changes.oneWake + changes.stop;
  expect(storedVersion(platform.dataDir, session.id)).toBe(all);
}

const numbers = (states: readonly ProbeState[]): number[] =>
  states.map(({ memory }) => memory).sort((a, b) => a - b);

test('a paused session is woken once and answers them all', async () => {
  const session = await startWithSession();
  await pauseSession(platform, session.id);

  const answers = await allAtOnce(session);
  const states = answers.map((answer) => ownState(session, answer));
  expect(numbers(states)).toEqual(upTo(requests).map((number) => number + 1));
  await expectOneWake(session, changes.untilPaused);
});

test('more than may wait are refused at once, by type and with the time to come back', async () => {
  const session = await startWithSession('--max-waiting-per-session', String(mayWait));
  await session.call('POST', '/crash?code=1');
  await untilState(platform, session.id, 'suspended');

  const answers = await allAtOnce(session);
  const answered = answers.filter(({ status }) => status === 200).map((answer) => ownState(session, answer));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(numbers(answered)).toEqual(upTo(answered.length).map((number) => number + 1));
  expect(answered.length).toBeGreaterThanOrEqual(mayWait);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer.status).toBe(429);
    expect(answer.json()).toMatchObject({
      code: 'SESSION_QUEUE_FULL',
      retryable: true,
      sessionId: session.id,
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  await expectOneWake(session, changes.untilCrashed);
});
