// Which pods orders may act on, when news are late and when the API server is away.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { settle } from '../test/support/manual-clock.ts';
import { NodeLab, podCalled } from '../test/support/node-lab.ts';

let lab: NodeLab;
beforeEach(() => void (lab = new NodeLab()));

const record = (uid: string) => ({ ...podCalled(uid), version: 2 });

test('one that the API server told of', async () => {
  lab.tell(podCalled('a'));
  expect(await lab.known.find('a')).toEqual(podCalled('a'));
});

test('none that is not on this node, at once', async () => {
  expect(await lab.known.find('a')).toMatchObject({ refuse: 'POD_NOT_FOUND' });
});

describe('one that the kernel has and of which nobody told yet', () => {
  beforeEach(() => void lab.kernel.set('a-agent', 'running'));

  test('is waited for', async () => {
    const found = lab.known.find('a');
    await settle();
    lab.tell(podCalled('b'));
    lab.tell(podCalled('a'));
    expect(await found).toEqual(podCalled('a'));
  });

  test('also for its containers', async () => {
    lab.tell(podCalled('a', { containers: [] }));
    const found = lab.known.find('a');
    await settle();
    lab.tell(podCalled('a'));
    expect(await found).toEqual(podCalled('a'));
  });

  test('is none of ours when no news come, for it has not our label', async () => {
    const found = lab.known.find('a');
    await lab.clock.advance(2_000);
    expect(await found).toMatchObject({ refuse: 'POD_NOT_FOUND' });
  });

  test('is not known, and not gone, while the API server is away', async () => {
    lab.fresh = false;
    const found = lab.known.find('a');
    await lab.clock.advance(2_000);
    expect(await found).toMatchObject({ refuse: 'NOT_READY' });
  });
});

describe('before the pods were listed', () => {
  beforeEach(() => void (lab.listed = false));

  test('one that was acted on before is known', async () => {
    lab.kept.set('a', record('a'));
    expect(await lab.known.find('a')).toEqual(podCalled('a'));
  });

  test('any other is not known yet, which is no word on whether it lives', async () => {
    expect(await lab.known.find('a')).toMatchObject({ refuse: 'NOT_READY' });
  });
});
