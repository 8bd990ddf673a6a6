// kill -9 of the platform at random moments under load. Sandboxes outlive it: after each new start every session answers
// with its memory, or has ended with a reason when its sandbox was still being made (S1, S4, S5).
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { diceFrom, numberFrom, upTo, type Dice } from '../support/crowd.ts';
import { probeFolder } from '../support/folder.ts';
import { leftovers } from '../support/leftovers.ts';
import { makeLoad, type Load } from '../support/load.ts';
import { spawnPlatform, startPlatform, type Platform } from '../support/platform.ts';

const kills = numberFrom('E2E_KILLS', 5);
const seed = numberFrom('E2E_SEED', Date.now() % 100_000);
const workers = 4;
const mostLoadMs = 3_000;
const mostStartMs = 1_000;

jest.setTimeout(120_000 + kills * 60_000);

const folder = probeFolder(
  { name: 'warm', spec: { pauseAfter: '1s', warmPoolSize: 2 } },
  { name: 'cold', spec: { pauseAfter: '1s' } },
);
let platform: Platform;
let load: Load;

beforeAll(async () => {
  platform = await startPlatform({ folder });
  load = makeLoad({ runtimes: ['warm', 'cold'], mostSessions: 12 });
});

afterAll(() => platform.dispose());

/** A platform that is killed before it serves: it may be finding again what the one before it left. */
async function killWhileStarting(dice: Dice): Promise<void> {
  const starting = spawnPlatform(platform.dataDir, { folder });
  await sleep(dice.roll(0, mostStartMs));
  process.kill(starting.pid, 'SIGKILL');
  await starting.exited;
}

test(`${kills} kills: no session and no count is lost (seed ${seed})`, async () => {
  const dice = diceFrom(seed);
  for (const kill of upTo(kills)) {
    const stopWorking = load.work(
      platform,
      upTo(workers).map((worker) => diceFrom(seed + 1_000 * kill + worker)),
    );
    await sleep(dice.roll(0, mostLoadMs));
    await platform.kill('SIGKILL');
    await stopWorking();
    if (dice.roll(0, 1) === 0) await killWhileStarting(dice);
    platform = await startPlatform({ folder, dataDir: platform.dataDir });
    await load.checkAll(platform);
  }
  expect(load.size()).toBeGreaterThan(0);
  await platform.stop();
  expect(leftovers(platform.dataDir)).toEqual([]);
});
