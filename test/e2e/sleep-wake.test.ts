// Many sessions fall asleep and are woken, at random: no count is lost, nobody answers for another (S1, S4), nothing stays.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  endSession,
  openAgent,
  pauseSession,
  sessionHeader,
  untilState,
  type AgentSession,
} from '../support/client.ts';
import { diceFrom, eachOf, numberFrom, upTo, type Dice } from '../support/crowd.ts';
import { probeFolder } from '../support/folder.ts';
import { leftovers, processesFor } from '../support/leftovers.ts';
import { startPlatform, type Platform } from '../support/platform.ts';
import { count, markAgent, ownState } from '../support/probe.ts';

const sessions = numberFrom('E2E_SESSIONS', 40);
const sleeps = 5;
const startsAtOnce = 4;
const seed = numberFrom('E2E_SEED', Date.now() % 100_000);

jest.setTimeout(120_000 + sessions * 5_000);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ folder: probeFolder({ name: 'sleeper', spec: { pauseAfter: '1s' } }) });
});

afterAll(() => platform.dispose());

/** By request or by itself. */
async function fallAsleep(session: AgentSession, dice: Dice): Promise<void> {
  if (dice.roll(0, 1) === 0) await pauseSession(platform, session.id);
  else await untilState(platform, session.id, 'paused');
}

async function sleepAndWake(session: AgentSession, dice: Dice): Promise<void> {
  const { boot } = await markAgent(session);
  let counted = 0;
  for (let round = 0; round < sleeps; round += 1) {
    const times = dice.roll(1, 3);
    for (let time = 0; time < times; time += 1) await count(session);
    counted += times;
    await fallAsleep(session, dice);
    const woken = await session.call('GET', '/');
    expect(woken.headers.get('server-timing')).toMatch(/^wake;dur=/);
    expect(woken.headers.get(sessionHeader)).toBe(session.id);
    expect(ownState(session, woken)).toMatchObject({
      boot,
      mark: session.id,
      memory: counted,
      file: counted,
    });
  }
}

test(`${sessions} sessions sleep ${sleeps} times each and remember everything (seed ${seed})`, async () => {
  const opened = await eachOf(upTo(sessions), startsAtOnce, () => openAgent(platform, 'sleeper'));
  expect(new Set(opened.map(({ id }) => id)).size).toBe(sessions);
  await Promise.all(opened.map((session, index) => sleepAndWake(session, diceFrom(seed + index))));

  await eachOf(opened, startsAtOnce, ({ id }) => endSession(platform, id));
  expect(processesFor(platform.dataDir)).toEqual([expect.stringContaining(`process ${platform.pid}: `)]);
  await platform.stop();
  expect(leftovers(platform.dataDir)).toEqual([]);
});
