// A leader or an activator that is killed, or frozen, is replaced; one that wakes up late changes nothing.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Held } from '../chaos/client.ts';
import type { Result } from '../chaos/history.ts';
import { until } from '../support/client.ts';
import {
  leadingController,
  openHeld,
  openScene,
  untilAnswered,
  wrongs,
  type Scene,
} from '../support/outage.ts';

/** Fail-over takes 5 s at most; a loaded machine may be slow beside. */
const replacedWithinMs = 15_000;
const leaseEndsWithinMs = 30_000;
/** Longer than any fail-over, so that nobody but another can have taken over. */
const awayMs = 10_000;

jest.setTimeout(240_000);

let scene: Scene;
let sleeping: Held;

beforeEach(async () => {
  scene = await openScene({ activators: 2, controllers: 2, autoscalers: 1 });
  sleeping = await openHeld(scene, 'warm', scene.activator(0));
  await untilAnswered(() => scene.client.pause(sleeping, scene.controller(0)), replacedWithinMs);
});

afterEach(() => scene.stage.close());

/** Waking needs a leader. */
const wake = (): Promise<Result> => scene.client.use(sleeping, scene.activator(1));

describe('the leading controller', () => {
  test('is killed: another leads, wakes and opens sessions', async () => {
    const { stage } = scene;
    const leader = await leadingController(scene);
    stage.keepAway(leader.name, awayMs);
    await leader.kill('SIGKILL');
    await untilAnswered(wake, replacedWithinMs);
    expect((await leadingController(scene)).name).not.toBe(leader.name);
    const opened = await openHeld(scene, 'cold', scene.activator(0));
    expect(await wrongs(scene, [sleeping, opened])).toEqual([]);
  });

  test('is frozen: another leads, and the frozen one is no leader when it goes on', async () => {
    const leader = await leadingController(scene);
    scene.history.write({ t: 'fault', what: 'freeze', target: leader.name });
    await leader.kill('SIGSTOP');
    await untilAnswered(wake, replacedWithinMs);
    const next = await leadingController(scene);
    expect(next.name).not.toBe(leader.name);
    await leader.kill('SIGCONT');
    scene.history.write({ t: 'fault', what: 'thaw', target: leader.name });
    await scene.stage.ready();
    expect((await leadingController(scene)).name).toBe(next.name);
    const opened = await openHeld(scene, 'warm', scene.activator(0));
    expect(await wrongs(scene, [sleeping, opened])).toEqual([]);
  });

  test('is stopped by SIGTERM: another leads without waiting for the lead to run out', async () => {
    const leader = await leadingController(scene);
    await leader.kill('SIGTERM');
    await untilAnswered(wake, replacedWithinMs);
    expect(await wrongs(scene, [sleeping])).toEqual([]);
  });
});

describe('an activator', () => {
  test('is killed: the others serve its sessions at once', async () => {
    const { stage, client } = scene;
    await client.use(sleeping, scene.activator(0));
    stage.keepAway('activator-0', awayMs);
    await scene.activator(0).kill('SIGKILL');
    expect(await client.use(sleeping, scene.activator(1))).toMatchObject({ kind: 'answer' });
    expect(await wrongs(scene, [sleeping])).toEqual([]);
  });

  test('is frozen longer than its leases: the session is paused, woken by another, and the frozen one sees it', async () => {
    const { client } = scene;
    const frozen = scene.activator(0);
    await client.use(sleeping, frozen);
    scene.history.write({ t: 'fault', what: 'freeze', target: frozen.name });
    await frozen.kill('SIGSTOP');
    const pause = (): Promise<Result> => client.pause(sleeping, scene.controller(1));
    await untilAnswered(pause, leaseEndsWithinMs);
    expect(await client.use(sleeping, scene.activator(1))).toMatchObject({ kind: 'answer' });
    await untilAnswered(pause, leaseEndsWithinMs);
    await frozen.kill('SIGCONT');
    scene.history.write({ t: 'fault', what: 'thaw', target: frozen.name });
    expect(await client.use(sleeping, frozen)).toMatchObject({ kind: 'answer' });
    expect(await wrongs(scene, [sleeping])).toEqual([]);
  });
});

test('everything is killed at once: every session is there again', async () => {
  const { stage, client } = scene;
  const working = await openHeld(scene, 'cold', scene.activator(1));
  await Promise.all(stage.programs.all.map((program) => program.kill('SIGKILL')));
  await until(
    'all programs',
    async () => (await Promise.all(stage.programs.all.map((one) => one.isReady()))).every(Boolean),
    (ready) => ready,
  );
  for (const held of [sleeping, working])
    await untilAnswered(() => client.use(held, scene.activator(0)), replacedWithinMs);
  expect(await wrongs(scene, [sleeping, working])).toEqual([]);
});
