// What a node does with orders: what is written before anything runs, one order after the other, and the kernel's word for an answer.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { settle } from '../test/support/manual-clock.ts';
import { markOf, NodeLab, podCalled } from '../test/support/node-lab.ts';

let lab: NodeLab;
beforeEach(() => {
  lab = new NodeLab();
  lab.tell(podCalled('a'));
});

const asleep = async (): Promise<void> => {
  await lab.node.pause('a', { version: 0 });
  lab.done.length = 0;
};

describe('a resume', () => {
  test('makes durable whose the pod is before anything of it runs', async () => {
    await asleep();
    expect(await lab.node.resume('a', { version: 3, session: markOf('s') })).toBeUndefined();
    expect(lab.done).toEqual(['write a 3 durable', 'keep a-agent', 'thaw a-agent']);
    expect(lab.kernel.get('a-agent')).toBe('running');
  });

  test('for another session leaves it asleep (S1)', async () => {
    await lab.node.mark('a', markOf('s'));
    await asleep();
    expect(await lab.node.resume('a', { version: 9, session: markOf('t') })).toMatchObject({
      refuse: 'OTHER_SESSION',
    });
    expect([lab.kernel.get('a-agent'), lab.done]).toEqual(['frozen', []]);
  });

  test('of a pod that runs answers as if it had just done it', async () => {
    expect(await lab.node.resume('a', { version: 3 })).toBeUndefined();
    expect(await lab.node.resume('a', { version: 3 })).toBeUndefined();
  });

  test('of a pod of which nothing runs says so', async () => {
    lab.kernel.clear();
    expect(await lab.node.resume('a', { version: 3 })).toMatchObject({ refuse: 'POD_NOT_FOUND' });
  });

  test('wakes each container', async () => {
    const containers = ['one', 'two'].map((name) => ({ name, id: `b-${name}` }));
    lab.tell(podCalled('b', { containers }));
    await lab.node.pause('b', { version: 0 });
    await lab.node.resume('b', { version: 1 });
    expect([...lab.kernel].filter(([id]) => id.startsWith('b-'))).toEqual([
      ['b-one', 'running'],
      ['b-two', 'running'],
    ]);
  });
});

describe('a pause', () => {
  test('is answered when the kernel says that nothing runs; then its memory may go', async () => {
    expect(await lab.node.pause('a', { version: 4 })).toBeUndefined();
    expect(lab.done).toEqual(['write a 0', 'freeze a-agent', 'reclaim a-agent']);
    expect(await lab.node.list()).toMatchObject([{ uid: 'a', state: 'paused' }]);
  });

  test('that is late finds the pod running and leaves it so', async () => {
    await lab.node.resume('a', { version: 5 });
    expect(await lab.node.pause('a', { version: 4 })).toMatchObject({ refuse: 'NEWER_ORDER' });
    expect(lab.kernel.get('a-agent')).toBe('running');
  });

  test('of a pod with a liveness probe is refused', async () => {
    lab.tell(podCalled('a', { livenessProbes: ['agent'] }));
    expect(await lab.node.pause('a', { version: 0 })).toEqual({
      refuse: 'CANNOT_SLEEP',
      reason: 'liveness probe of container agent',
    });
  });

  test('of which one container does not come to rest leaves all running', async () => {
    const containers = ['still', 'restless'].map((name) => ({ name, id: `b-${name}` }));
    lab.tell(podCalled('b', { containers }));
    lab.restless.add('b-restless');
    expect(await lab.node.pause('b', { version: 0 })).toEqual({
      refuse: 'CANNOT_SLEEP',
      reason: 'container restless did not come to rest',
    });
    expect([lab.kernel.get('b-still'), lab.kernel.get('b-restless')]).toEqual(['running', 'running']);
  });

  test('gives way to a resume that comes meanwhile', async () => {
    lab.restless.add('a-agent');
    const pause = lab.node.pause('a', { version: 4 });
    await settle();
    const resume = lab.node.resume('a', { version: 5 });
    expect(await pause).toMatchObject({ refuse: 'NEWER_ORDER' });
    expect(await resume).toBeUndefined();
    expect(lab.kernel.get('a-agent')).toBe('running');
  });

  test('of a pod of which nothing runs says so', async () => {
    lab.kernel.clear();
    expect(await lab.node.pause('a', { version: 0 })).toMatchObject({ refuse: 'POD_NOT_FOUND' });
  });
});

describe('an activator’s resume that is late', () => {
  test('leaves a pod asleep that was put to sleep after it was ordered', async () => {
    await lab.node.resume('a', { version: 5 });
    await lab.node.pause('a', { version: 7 });
    const late = { version: 5, session: markOf('s'), fenced: true };
    expect(await lab.node.resume('a', late)).toMatchObject({ refuse: 'NEWER_ORDER' });
    expect(lab.kernel.get('a-agent')).toBe('frozen');
  });
});

describe('a pod', () => {
  test('that is being deleted takes no orders, and is let run to hear of it', async () => {
    await asleep();
    const ending = podCalled('a', { terminating: true });
    lab.tell(ending);
    await lab.node.release(ending);
    expect(lab.kernel.get('a-agent')).toBe('running');
    expect(await lab.node.resume('a', { version: 1 })).toMatchObject({ refuse: 'POD_NOT_FOUND' });
    expect(await lab.node.pause('a', { version: 1 })).toMatchObject({ refuse: 'POD_NOT_FOUND' });
  });

  test('in a virtual machine stays awake where nobody can pause it, and is not taken for dead', async () => {
    const node = lab.nodeThat(false);
    lab.tell(podCalled('v', { runtimeClass: 'kata' }));
    lab.kernel.delete('v-agent');
    expect(await node.pause('v', { version: 0 })).toMatchObject({ refuse: 'CANNOT_SLEEP' });
    expect(await node.resume('v', { version: 1 })).toBeUndefined();
    expect(await node.list()).toMatchObject([{ uid: 'a' }, { uid: 'v', state: 'running' }]);
  });
});

test('the list tells whose each pod is and what the kernel says', async () => {
  await lab.node.resume('a', { version: 3, session: markOf('s') });
  lab.tell(podCalled('b'));
  lab.kernel.delete('b-agent');
  expect(await lab.node.list()).toEqual([
    { uid: 'a', namespace: 'team', name: 'pod-a', state: 'running', session: markOf('s'), version: 3 },
    { uid: 'b', namespace: 'team', name: 'pod-b', state: 'stopped', version: 0 },
  ]);
});

test('two orders for one pod are done one after the other, for two pods side by side', async () => {
  lab.tell(podCalled('b'));
  lab.restless.add('a-agent');
  const first = lab.node.pause('a', { version: 1 });
  const second = lab.node.mark('a', markOf('s'));
  await lab.node.pause('b', { version: 1 });
  lab.restless.clear();
  await Promise.all([first, second]);
  const writes = lab.done.filter((line) => line.startsWith('write'));
  expect(writes).toEqual(['write a 0', 'write b 0', 'write a 0 durable']);
  expect(lab.done.indexOf('reclaim a-agent')).toBeLessThan(lab.done.indexOf('write a 0 durable'));
});

test('an order that failed leaves the next one a chance', async () => {
  lab.diskIsFull = true;
  await expect(lab.node.resume('a', { version: 1 })).rejects.toThrow('the disk is full');
  lab.diskIsFull = false;
  expect(await lab.node.resume('a', { version: 1 })).toBeUndefined();
});
