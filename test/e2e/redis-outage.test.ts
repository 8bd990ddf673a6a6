// Redis goes away under load, and comes back as it was or empty: what is warm goes on, what is refused says so, nothing is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Held } from '../chaos/client.ts';
import type { Result } from '../chaos/history.ts';
import { startLoad } from '../chaos/load.ts';
import { numberFrom, upTo } from '../support/crowd.ts';
import { until } from '../support/client.ts';
import { openHeld, openScene, untilAnswered, wrongs, type Scene } from '../support/outage.ts';

const outageMs = numberFrom('E2E_OUTAGE_SECONDS', 10) * 1_000;
const seed = numberFrom('E2E_SEED', Date.now() % 100_000);
const warmSessions = 6;
const betweenMs = 200;
const comesBackWithinMs = 30_000;
const rebuiltWithinMs = 10_000;

jest.setTimeout(240_000 + outageMs);

let scene: Scene;

beforeEach(async () => {
  // As long as the separate activator's own default: warm routes outlast a minute without Redis.
  scene = await openScene({ activators: 2, controllers: 2, autoscalers: 1, settings: { leaseSeconds: 90 } });
});

afterEach(() => scene.stage.close());

const refusedForNow = {
  kind: 'refusal',
  status: 503,
  code: 'STORE_UNAVAILABLE',
  retryable: true,
  retryAfter: expect.stringMatching(/^[1-9]\d*$/),
};

/** A session in use: one request after the other through the activator that has its lease. */
async function useUntil(held: Held, index: number, isOver: () => boolean): Promise<Result[]> {
  const results: Result[] = [];
  while (!isOver()) {
    results.push(await scene.client.use(held, scene.activator(index % 2)));
    await sleep(betweenMs);
  }
  return results;
}

async function asleep(): Promise<Held> {
  const held = await openHeld(scene, 'warm', scene.activator(0));
  const pause = (): Promise<Result> => scene.client.pause(held, scene.controller(0));
  await untilAnswered(pause, comesBackWithinMs);
  return held;
}

test(`Redis is gone for ${outageMs / 1_000} s: warm routes go on, all else is refused by type, every session is back`, async () => {
  const { client, stage } = scene;
  const sleeping = await asleep();
  const warm: Held[] = [];
  for (const index of upTo(warmSessions)) {
    const door = scene.activator(index % 2);
    warm.push(await openHeld(scene, index % 2 === 0 ? 'warm' : 'cold', door));
  }
  let over = false;
  const uses = warm.map((held, index) => useUntil(held, index, () => over));
  await stage.redis.stop();
  const refused: Result[] = [];
  for (const end = Date.now() + outageMs; Date.now() < end; await sleep(1_000)) {
    refused.push((await client.open('warm', scene.activator(0))).result);
    refused.push(await client.use(sleeping, scene.activator(1)));
  }
  over = true;
  const results = (await Promise.all(uses)).flat();
  await stage.redis.restart();

  expect(results.filter(({ kind }) => kind !== 'answer')).toEqual([]);
  for (const result of refused) expect(result).toMatchObject(refusedForNow);
  for (const held of [...warm, sleeping])
    await untilAnswered(() => client.use(held, scene.activator(1)), comesBackWithinMs);
  expect(await wrongs(scene, [...warm, sleeping])).toEqual([]);
});

async function listedIds(): Promise<string[]> {
  const url = `${scene.controller(0).url}/v1/sessions?limit=1000`;
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok) return [];
  const { items } = (await answer.json()) as { items: { sessionId: string; state: string }[] };
  return items.filter(({ state }) => state !== 'ended').map(({ sessionId }) => sessionId);
}

test(`Redis is emptied under load (seed ${seed}): every session is rebuilt with its id and its memory`, async () => {
  const { client, stage, history } = scene;
  const load = startLoad({
    client,
    seed,
    workers: 4,
    sessionsPerWorker: 3,
    runtimes: ['warm', 'cold'],
    activators: stage.programs.activators,
    controllers: stage.programs.controllers,
  });
  const sleeping = await asleep();
  await until(
    'sessions',
    async () => load.held().length,
    (many) => many >= 6,
  );
  const held = load.held().map(({ id }) => id);
  history.write({ t: 'fault', what: 'emptied', target: 'redis' });
  await stage.redis.cli('FLUSHALL');
  const known = (ids: readonly string[]): boolean =>
    [sleeping.id, ...held.filter((id) => load.held().some((one) => one.id === id))].every((id) =>
      ids.includes(id),
    );
  await until('every session in the list again', listedIds, known, rebuiltWithinMs);
  await sleep(3_000);
  const all = [...(await load.stop()), sleeping];
  expect(await wrongs(scene, all)).toEqual([]);
});
