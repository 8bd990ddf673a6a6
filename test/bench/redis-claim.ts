// Claims of warm sandboxes through Redis, against bare GETs over the same connection, in turns; and what many sessions cost.
// In the adapter, not over HTTP: what the activator adds is measured by `proxy` and `claim`.
import { randomUUID } from 'node:crypto';
import { minute, second, sessionIn, t0 } from '../support/sessions.ts';
import { benchRedis, claimOne, offerMany, restingSessions, type BenchRedis } from './support/redis.ts';
import { latencyFigures, quantile, type Figure } from './table.ts';

const rounds = 20;
const warmUpRounds = 3;
const claimsPerRound = 200;
const inFlight = 32;
const burst = 1_000;
const bursts = 40;
const few = 1_000;
const lots = 100_000;
const expiring = 10;

const timed = async (action: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await action();
  return performance.now() - start;
};

/** How many a second, with so many under way at any time. */
async function rateOf(action: () => Promise<unknown>): Promise<number> {
  let left = burst;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await action();
    }
  };
  const ms = await timed(() => Promise.all(Array.from({ length: inFlight }, worker)));
  return (burst / ms) * second;
}

async function oneByOne({ client, store }: BenchRedis): Promise<Figure[]> {
  const [claims, gets]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds + warmUpRounds; round += 1) {
    await offerMany(store, claimsPerRound);
    for (let n = 0; n < claimsPerRound; n += 1) {
      const get = await timed(() => client.get('bench'));
      const claim = await timed(() => claimOne(store));
      if (round < warmUpRounds) continue;
      gets.push(get);
      claims.push(claim);
    }
  }
  const what = 'claim of a warm sandbox through Redis';
  return latencyFigures(what, claims, gets, 'GET of ioredis', { p50: 3, p99: 20 });
}

async function atOnce({ client, store }: BenchRedis): Promise<Figure> {
  const [claims, gets]: [number[], number[]] = [[], []];
  for (let round = 0; round < bursts; round += 1) {
    await offerMany(store, burst);
    gets.push(await rateOf(() => client.get('bench')));
    claims.push(await rateOf(() => claimOne(store)));
  }
  // The best bursts of each: this wants a processor for Redis and one for us, and others of the machine take theirs meanwhile.
  const [rate, reference] = [quantile(claims, 0.9), quantile(gets, 0.9)];
  return {
    what: `claims per second, one activator, ${inFlight} in flight`,
    sense: 'at least',
    bound: 0.25,
    ratio: rate / reference,
    seen: `${Math.round(rate)} against ${Math.round(reference)} (GETs of ioredis)`,
  };
}

const micro = (ms: number): string => `${Math.round(ms * 1_000)} µs`;

function sizeFigure(what: string, large: readonly number[], small: readonly number[]): Figure {
  const [ours, reference] = [quantile(large, 0.5), quantile(small, 0.5)];
  const seen = `${micro(ours)} against ${micro(reference)}`;
  return { what, sense: 'at most', bound: 1.5, ratio: ours / reference, seen };
}

async function bySize(small: BenchRedis, large: BenchRedis): Promise<Figure[]> {
  const claims = new Map<BenchRedis, number[]>([small, large].map((one) => [one, []]));
  const ticks = new Map<BenchRedis, number[]>([small, large].map((one) => [one, []]));
  for (const { store } of [small, large]) {
    await offerMany(store, rounds * expiring * 5);
    for (let n = 0; n < expiring; n += 1) await store.create(sessionIn('paused', { id: randomUUID() }), t0);
  }
  for (let n = 0; n < rounds * expiring * 5; n += 1) {
    for (const one of [small, large]) {
      claims.get(one)?.push(await timed(() => claimOne(one.store)));
      ticks.get(one)?.push(await timed(() => one.store.due(t0 + minute, 200)));
    }
  }
  const of = (sample: Map<BenchRedis, number[]>, one: BenchRedis) => sample.get(one) ?? [];
  return [
    sizeFigure('claim p50 with 100,000 sessions against 1,000', of(claims, large), of(claims, small)),
    sizeFigure(
      `what is due: ${expiring} of 100,000 sessions against ${expiring} of 1,000`,
      of(ticks, large),
      of(ticks, small),
    ),
  ];
}

/** The figures of the session store in Redis. */
export async function redisClaimFigures(): Promise<Figure[]> {
  const [small, large] = [await benchRedis(), await benchRedis()];
  try {
    const figures = [...(await oneByOne(small)), await atOnce(small)];
    await small.client.flushall();
    await small.client.set('{agentcube}:prepared', '1');
    await restingSessions(small.store, few);
    await restingSessions(large.store, lots);
    return [...figures, ...(await bySize(small, large))];
  } finally {
    await Promise.all([small.close(), large.close()]);
  }
}
