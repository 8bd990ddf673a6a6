import { describe, expect, test } from '@jest/globals';
import { layoutOf } from '../layout.ts';
import { bubblewrapOptions, bubblewrapTier } from './bubblewrap.ts';
import type { View } from './tier.ts';

const root = [{ name: 'usr' }, { name: 'bin', link: 'usr/bin' }];
const view: View = {
  paths: layoutOf('/data').sandbox('1'),
  runtime: '/data/runtime/r',
  image: '/data/images/d',
  hostname: 'hello-1',
  cwd: '/workspace',
  argv: ['/opt/agentcube/bin/node', 'main.mjs'],
  environment: [{ name: 'TOKEN', value: "it's secret" }],
};
const options = (change: Partial<View> = {}) =>
  bubblewrapOptions({ ...view, ...change }, root, false).join(' ');

describe('what is inside', () => {
  test('programs of the host, read-only', () =>
    expect(options()).toContain('--ro-bind /usr /usr --symlink usr/bin /bin'));

  test('the workspace and the run dir to write, our programs and the image to read', () => {
    expect(options()).toContain('--bind /data/sandboxes/1/workspace /workspace');
    expect(options()).toContain('--bind /data/sandboxes/1/run /run/agentcube');
    expect(options()).toContain('--ro-bind /data/runtime/r /opt/agentcube');
    expect(options()).toContain('--ro-bind /data/images/d /app');
    const { image: _, ...without } = view;
    expect(bubblewrapOptions(without, root, false)).not.toContain('/app');
  });

  test('the author kit where Node looks last, for whoever has an image', () => {
    expect(options()).toContain('--symlink opt/agentcube/node_modules /node_modules');
    const { image: _, ...without } = view;
    expect(bubblewrapOptions(without, root, false)).not.toContain('/node_modules');
  });

  test("the platform's sockets, read-only, only for those that may call it", () => {
    expect(options()).not.toContain('agentcube-platform');
    expect(options({ platform: '/data/platform' })).toContain(
      '--ro-bind /data/platform /run/agentcube-platform',
    );
  });

  test('users and names that are ours, and of the host only what programs read', () => {
    expect(options()).toContain('--ro-bind /data/runtime/r/etc/passwd /etc/passwd');
    expect(options()).toContain('--ro-bind-try /etc/ssl/certs /etc/ssl/certs');
    expect(options()).not.toContain('shadow');
  });
});

test('everything is unshared, nothing can be gained, and nothing of the environment comes along', () => {
  const flags = '--unshare-all --unshare-user --disable-userns --new-session --clearenv'.split(' ');
  expect(bubblewrapOptions(view, root, false)).toEqual(expect.arrayContaining(flags));
  expect(options()).toContain('--cap-drop ALL');
  expect(options()).not.toContain('--share-net');
});

describe('how it is run', () => {
  test('variables are not seen in the process list', () => {
    const { argv, plan } = bubblewrapTier('/usr/bin/bwrap', root, undefined).launch(view);
    expect(argv.slice(-6)).toEqual(['/usr/bin/bwrap', '--args', '5', '--', ...view.argv]);
    expect(argv.join(' ')).not.toContain('secret');
    expect(plan).toContain("--setenv\0TOKEN\0it's secret\0");
  });

  test('a variable cannot smuggle in options', () => {
    const environment = [{ name: 'A', value: '\0--bind\0/\0/host' }];
    const tier = bubblewrapTier('/usr/bin/bwrap', root, undefined);
    expect(() => tier.launch({ ...view, environment })).toThrow(/zero character/);
  });

  test('a filter is told to it, and its lack is said', () => {
    const filtered = bubblewrapTier('/usr/bin/bwrap', root, Buffer.from('filter'));
    expect(filtered.launch(view).plan).toContain('--seccomp\x006\0');
    expect(filtered.lacks).toEqual([]);
    expect(bubblewrapTier('/usr/bin/bwrap', root, undefined).lacks).toEqual([
      'no seccomp filter for this architecture',
    ]);
  });
});
