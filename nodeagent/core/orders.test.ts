// What an order does, by what is remembered of its pod.
import { describe, expect, test } from '@jest/globals';
import type { SessionMark } from '../../model/sandbox-spec.ts';
import type { PodOnNode, PodRecord } from './pods.ts';
import { onMark, onPause, onResume, rememberedPod } from './orders.ts';

const mark = (id: string, over: Partial<SessionMark> = {}): SessionMark => ({
  id,
  runtime: { kind: 'AgentRuntime', namespace: 'team', name: 'echo' },
  labels: {},
  policy: { sessionTimeoutMs: 1, maxSessionDurationMs: 1 } as unknown as SessionMark['policy'],
  createdAt: 1,
  ...over,
});

const pod: PodOnNode = {
  uid: 'u',
  namespace: 'team',
  name: 'echo-12345678',
  containers: [{ name: 'agent', id: 'c1' }],
  livenessProbes: [],
  terminating: false,
};
const record = (over: Partial<PodRecord> = {}): PodRecord => ({
  uid: 'u',
  namespace: 'team',
  name: 'echo-12345678',
  containers: pod.containers,
  version: 0,
  ...over,
});

describe('a resume', () => {
  test('of a pod of nobody makes it its session’s, and that is durable', () => {
    expect(onResume(undefined, pod, { version: 3, session: mark('s') })).toEqual({
      record: record({ session: mark('s'), version: 3 }),
      changed: true,
      durable: true,
    });
  });

  test('for another session is refused, whatever its version (S1)', () => {
    const found = record({ session: mark('s'), version: 3 });
    expect(onResume(found, pod, { version: 99, session: mark('t') })).toEqual({
      refuse: 'OTHER_SESSION',
      reason: 'it belongs to session s, not to t',
    });
  });

  test('of the same session again only remembers the newer version, which need not be durable', () => {
    const found = record({ session: mark('s'), version: 3 });
    expect(onResume(found, pod, { version: 7, session: mark('s') })).toEqual({
      record: record({ session: mark('s'), version: 7 }),
      changed: true,
      durable: false,
    });
  });

  test('of an activator that comes after a newer resume is done, and forgets nothing newer', () => {
    const found = record({ session: mark('s'), version: 9 });
    expect(onResume(found, pod, { version: 7, session: mark('s'), fenced: true })).toEqual({
      record: found,
      changed: false,
      durable: false,
    });
  });

  test('of an activator that comes after a newer pause is refused', () => {
    const found = record({ session: mark('s'), version: 5, pausedAt: 7 });
    expect(onResume(found, pod, { version: 5, session: mark('s'), fenced: true })).toMatchObject({
      refuse: 'NEWER_ORDER',
    });
    expect(onResume(found, pod, { version: 9, session: mark('s'), fenced: true })).toMatchObject({
      record: { version: 9, pausedAt: 7 },
      changed: true,
    });
  });

  test('of the leading controller is done whatever was ordered before, and begins the count anew', () => {
    const found = record({ session: mark('s'), version: 9, pausedAt: 11 });
    const decision = onResume(found, pod, { version: 3, session: mark('s') });
    expect(decision).toEqual({
      record: record({ session: mark('s'), version: 3 }),
      changed: true,
      durable: false,
    });
  });

  test('without a mark keeps the one that is there', () => {
    const found = record({ session: mark('s'), version: 3 });
    expect(onResume(found, pod, { version: 4 })).toMatchObject({
      record: { session: { id: 's' }, version: 4 },
    });
  });

  test('with a mark that says more of the same session is durable again', () => {
    const found = record({ session: mark('s'), version: 3 });
    const more = mark('s', { ownerId: 'anna' });
    expect(onResume(found, pod, { version: 4, session: more })).toMatchObject({
      record: { session: more },
      durable: true,
    });
  });
});

describe('a pause', () => {
  test('that was ordered before the newest resume is refused', () => {
    expect(onPause(record({ version: 6 }), pod, { version: 5 })).toMatchObject({ refuse: 'NEWER_ORDER' });
  });

  test.each([6, 7])('of version %d, with the newest resume of version 6, is done', (version) => {
    expect(onPause(record({ version: 6 }), pod, { version })).toEqual({
      record: record({ version: 6, pausedAt: version }),
      changed: true,
      durable: false,
    });
  });

  test('asked for again changes nothing', () => {
    const found = record({ version: 6, pausedAt: 7 });
    expect(onPause(found, pod, { version: 7 })).toEqual({ record: found, changed: false, durable: false });
  });

  test('of a pod that was never heard of remembers it', () => {
    expect(onPause(undefined, pod, { version: 0 })).toEqual({
      record: record(),
      changed: true,
      durable: false,
    });
  });

  test('of a pod with a liveness probe is refused, for the kubelet would restart it', () => {
    expect(onPause(undefined, { ...pod, livenessProbes: ['agent'] }, { version: 0 })).toEqual({
      refuse: 'CANNOT_SLEEP',
      reason: 'liveness probe of container agent',
    });
  });

  test('after a restart of a container remembers the new one', () => {
    const containers = [{ name: 'agent', id: 'c2' }];
    expect(onPause(record({ version: 2 }), { ...pod, containers }, { version: 2 })).toMatchObject({
      record: { containers, version: 2 },
      changed: true,
    });
  });
});

describe('a mark', () => {
  test('is written once, durably', () => {
    const first = onMark(undefined, pod, mark('s'));
    expect(first).toMatchObject({ changed: true, durable: true });
    expect(onMark(record({ session: mark('s') }), pod, mark('s'))).toMatchObject({
      changed: false,
      durable: false,
    });
  });

  test('of another session is refused (S1)', () => {
    expect(onMark(record({ session: mark('s') }), pod, mark('t'))).toMatchObject({ refuse: 'OTHER_SESSION' });
  });
});

test('a remembered pod is what orders need of it', () => {
  expect(rememberedPod(record({ session: mark('s'), version: 4 }))).toEqual(pod);
});
