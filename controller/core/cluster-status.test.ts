import { describe, expect, test } from '@jest/globals';
import { longestMessage, toldStatus } from '../../model/told-status.ts';
import { clusterStatus, passingShortageMs, toldBefore, type ClusterFacts } from './cluster-status.ts';

const now = Date.UTC(2026, 0, 1);
const pool = { wanted: 2, ready: 2 };
const runtime = { revision: 'r1', warmPoolSize: 2 };
const facts: ClusterFacts = {
  kind: 'CodeInterpreter',
  generation: 1,
  verdict: { accepted: true, runtime, pool },
  unknownFields: [],
  sleep: { never: false, because: [] },
  sessions: { active: 1, asleep: 4 },
  startTrouble: undefined,
  shortSince: undefined,
};
const short = { accepted: true, runtime, pool: { wanted: 2, ready: 1 } } as const;
const refused = { accepted: false, reason: 'Invalid', message: 'spec.x: is missing' } as const;

const conditionOf = (status: ReturnType<typeof clusterStatus>, type: string) =>
  status.conditions?.find((one) => one.type === type);

describe('the status', () => {
  test.each([
    ['of a served runtime', facts],
    ['of one that is not served', { ...facts, verdict: refused, sleep: undefined, sessions: undefined }],
    ['with words of any length', { ...facts, verdict: { ...refused, message: 'x'.repeat(100_000) } }],
  ])('%s is what the definition allows', (_, given) => {
    expect(toldStatus.safeParse(clusterStatus(given, undefined, now)).error).toBeUndefined();
  });

  test('counts what there is, and says nothing of sessions that nobody has counted', () => {
    expect(clusterStatus(facts, undefined, now)).toMatchObject({ warm: 2, wanted: 2, active: 1, asleep: 4 });
    const uncounted = clusterStatus({ ...facts, sessions: undefined }, undefined, now);
    expect(uncounted).not.toHaveProperty('active');
  });

  test('keeps the time of a condition until its status changes', () => {
    const before = clusterStatus(facts, undefined, now);
    const same = clusterStatus({ ...facts, generation: 2 }, before, now + 60_000);
    expect(conditionOf(same, 'Ready')).toMatchObject({
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 2,
    });
    const other = clusterStatus({ ...facts, verdict: refused }, before, now + 60_000);
    expect(conditionOf(other, 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:01:00Z');
  });

  test('is the same for the same facts, so that nothing is written for nothing', () => {
    const before = clusterStatus(facts, undefined, now);
    expect(clusterStatus(facts, before, now + 60_000)).toEqual(before);
  });

  test('has a condition for sleep only while somebody can say', () => {
    const { sleep: _, ...rest } = facts;
    const before = clusterStatus(facts, undefined, now);
    expect(conditionOf(before, 'Sleeps')).toMatchObject({ status: 'True', reason: 'Supported' });
    expect(conditionOf(clusterStatus({ ...rest, sleep: undefined }, before, now), 'Sleeps')).toBeUndefined();
    const never = clusterStatus({ ...rest, sleep: { never: true, because: [] } }, before, now);
    expect(conditionOf(never, 'Sleeps')).toMatchObject({ status: 'False', reason: 'NotWanted' });
  });
});

describe('a pool that is short', () => {
  const ready = clusterStatus(facts, undefined, now);
  const later = { ...facts, verdict: short, shortSince: now };

  test('for a moment changes nothing of readiness', () => {
    expect(clusterStatus(later, ready, now + passingShortageMs - 1)).toMatchObject({ ready: true, warm: 1 });
  });

  test('for longer does', () => {
    const status = clusterStatus(later, ready, now + passingShortageMs);
    expect(conditionOf(status, 'Ready')).toMatchObject({ status: 'False', reason: 'PoolFilling' });
  });

  test.each([
    ['never was full', undefined],
    [
      'was full for another generation of the runtime',
      clusterStatus({ ...facts, generation: 0 }, undefined, now),
    ],
  ])('and %s is not ready', (_, before) => {
    expect(clusterStatus(later, before, now)).toMatchObject({ ready: false });
  });
});

describe('what was told before', () => {
  test('is read back as it was told, without what others added, in whatever order', () => {
    const told = clusterStatus(facts, undefined, now);
    const others = { type: 'Theirs', status: 'True', reason: 'R', message: '', lastTransitionTime: 't' };
    const found = { ...told, conditions: [others, ...(told.conditions ?? [])].reverse(), more: 1 };
    expect(toldBefore(found)).toEqual(told);
  });

  test.each([undefined, null, 'ready', {}, { conditions: 'none' }])('is nothing in %j', (status) => {
    expect(toldBefore(status)).toBeUndefined();
  });

  test('may be as long as a condition can be', () => {
    const long = clusterStatus(
      { ...facts, verdict: { ...refused, message: 'x'.repeat(99_999) } },
      undefined,
      now,
    );
    expect(conditionOf(long, 'Accepted')?.message).toHaveLength(longestMessage);
  });
});
