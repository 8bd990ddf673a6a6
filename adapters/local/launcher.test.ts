import { expect, test } from '@jest/globals';
import { launchCommand } from './launcher.ts';
import { layoutOf } from './layout.ts';

const paths = layoutOf('/data').sandbox('1');
const launch = { argv: ['/usr/bin/bwrap', '--', 'true'], plan: '' };

test('as root it enters the cgroups first, then becomes the uid without any capability, then runs', () =>
  expect(launchCommand({ paths, launch, cgroups: ['/cg/a', '/cg/b'], uid: 200_001 }).slice(3)).toEqual([
    ...['agentcube-launch', '/cg/a/cgroup.procs', '/cg/b/cgroup.procs', '--'],
    ...['/usr/bin/setpriv', '--reuid=200001', '--regid=200001', '--clear-groups', '--inh-caps=-all'],
    ...launch.argv,
  ]));

test('as an ordinary user it stays who it is', () =>
  expect(launchCommand({ paths, launch, cgroups: [] }).slice(3)).toEqual([
    'agentcube-launch',
    '--',
    ...launch.argv,
  ]));
