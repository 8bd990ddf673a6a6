// Following the pods of the node: events, pods that are being deleted, and records of pods that are gone.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NodeLab, podCalled } from '../test/support/node-lab.ts';
import { Housekeeping } from './housekeeping.ts';
import type { ContainerEnd } from './ports.ts';
import type { NodeEvent } from './core/protocol.ts';

let lab: NodeLab;
let house: Housekeeping;
let released: string[];
let told: NodeEvent[];
const watched = new Map<string, (end: ContainerEnd) => void>();

beforeEach(() => {
  lab = new NodeLab();
  [released, told] = [[], []];
  watched.clear();
  house = new Housekeeping({
    here: lab.here,
    kernel: { has: (uid) => lab.hasProcesses(uid) },
    records: lab.records,
    containers: {
      watch: (_, container, listener) => {
        watched.set(container, listener);
        return () => void watched.delete(container);
      },
    },
    release: async ({ uid }) => void released.push(uid),
    clock: lab.clock,
    log: () => undefined,
  });
  house.onEvent((event) => told.push(event));
});
afterEach(() => house.stop());

describe('events', () => {
  const end: ContainerEnd = { kind: 'out-of-memory', why: 'out of memory (limit 64Mi)' };

  test('name the pod and the container', () => {
    lab.tell(podCalled('a'));
    house.start();
    watched.get('a-agent')?.(end);
    expect(told).toEqual([{ pod: 'a', container: 'agent', id: 'a-agent', ...end }]);
  });

  test('are told of containers that come later, and not of those that were replaced', () => {
    house.start();
    lab.tell(podCalled('a'));
    lab.tell(podCalled('a', { containers: [{ name: 'agent', id: 'a-again' }] }));
    expect([...watched.keys()]).toEqual(['a-again']);
  });

  const exit: ContainerEnd = { kind: 'exit', why: 'its last process ended' };

  test('tell an end once, also when only the API server knows of it', () => {
    house.start();
    for (const uid of ['a', 'b']) lab.tell(podCalled(uid));
    watched.get('a-agent')?.(exit);
    for (const uid of ['a', 'b']) lab.tell(podCalled(uid, { containers: [] }));
    expect(told).toEqual([
      { pod: 'a', container: 'agent', id: 'a-agent', ...exit },
      { pod: 'b', container: 'agent', id: 'b-agent', kind: 'exit', why: 'the kubelet says that it ended' },
    ]);
    expect([...watched.keys()]).toEqual([]);
  });

  test('tell that memory was wanting, once, also when only the kubelet knows it', () => {
    house.start();
    for (const uid of ['a', 'b']) lab.tell(podCalled(uid));
    watched.get('a-agent')?.(end);
    watched.get('b-agent')?.(exit);
    const why = 'out of memory (limit 32Mi)';
    for (const uid of ['a', 'b'])
      lab.tell(podCalled(uid, { containers: [], starved: [{ id: `${uid}-agent`, why }] }));
    expect(told.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'a-agent out-of-memory',
      'b-agent exit',
      'a-agent exit',
      'b-agent out-of-memory',
    ]);
  });

  test('are none of pods that are being deleted or are gone', () => {
    house.start();
    lab.tell(podCalled('a'));
    lab.tell(podCalled('b'));
    lab.tell(podCalled('a', { terminating: true }));
    lab.tellGone('b');
    lab.tell(podCalled('a', { terminating: true, containers: [] }));
    expect([...watched.keys()]).toEqual([]);
    expect(told).toEqual([]);
  });
});

test('a pod that is being deleted is let run, once', () => {
  house.start();
  lab.tell(podCalled('a', { terminating: true }));
  lab.tell(podCalled('a', { terminating: true }));
  expect(released).toEqual(['a']);
});

test('so is one that was being deleted before', () => {
  lab.tell(podCalled('a', { terminating: true }));
  house.start();
  expect(released).toEqual(['a']);
});

describe('a record', () => {
  beforeEach(() => void lab.kept.set('a', { ...podCalled('a'), version: 1 }));

  test('goes with its pod', () => {
    lab.tell(podCalled('a'));
    house.start();
    lab.kernel.clear();
    lab.tellGone('a');
    expect(lab.kept.has('a')).toBe(false);
  });

  test('stays as long as the kernel has processes of the pod', async () => {
    lab.tell(podCalled('a'));
    house.start();
    lab.tellGone('a');
    expect(lab.kept.has('a')).toBe(true);
    lab.kernel.clear();
    await lab.clock.advance(30_000);
    expect(lab.kept.has('a')).toBe(false);
  });

  test('of a pod that went while nobody looked goes at the start', () => {
    house.start();
    expect(lab.kept.has('a')).toBe(false);
  });
});
