// The names of pods' and containers' cgroups as kubelet, containerd and CRI-O make them.
import { describe, expect, test } from '@jest/globals';
import { containerOf, podOf } from './names.ts';

const uid = '88ae2e58-dfd0-4f4f-9888-983d449ed430';
const id = 'c3'.repeat(32);

describe('a pod', () => {
  test.each([
    [`pod${uid}`],
    [`kubepods-pod${uid.replaceAll('-', '_')}.slice`],
    [`kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice`],
    [`kubelet-kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`],
  ])('%s', (name) => expect(podOf(name)).toBe(uid));

  test.each([
    ['kubepods'],
    ['burstable'],
    ['kubepods-burstable.slice'],
    ['pod'],
    [`tripod${uid}`],
    [uid],
    [id],
  ])('not %s', (name) => expect(podOf(name)).toBeUndefined());
});

describe('a container', () => {
  test.each([[id], [`cri-containerd-${id}.scope`], [`crio-${id}.scope`], [`crio-${id}`]])('%s', (name) =>
    expect(containerOf(name)).toBe(id),
  );

  test.each([[`crio-conmon-${id}.scope`], [id.slice(1)], ['init.scope'], [`pod${uid}`]])('not %s', (name) =>
    expect(containerOf(name)).toBeUndefined(),
  );
});
