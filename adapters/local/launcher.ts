// Owns: starting what a tier put together, detached from the platform: own session, no pipe to it, output to a file.
// As root a shell first enters the sandbox's cgroups and then becomes its uid, so that nothing of it runs outside of them.
// Never hands over the platform's environment.
import { spawn } from 'node:child_process';
import { chownSync, closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { closeEnd, openWriteEnd } from './liveness.ts';
import type { SandboxPaths } from './layout.ts';
import type { Launch } from './tiers/tier.ts';

export interface LaunchRequest {
  readonly paths: SandboxPaths;
  readonly launch: Launch;
  /** Directories to enter first. */
  readonly cgroups: readonly string[];
  /** Given when the platform is root. */
  readonly uid?: number;
}

// `$0` is the name; words up to `--` are cgroup.procs files.
const enter =
  'ulimit -c 0; while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

const become = (uid: number): string[] => [
  '/usr/bin/setpriv',
  `--reuid=${uid}`,
  `--regid=${uid}`,
  '--clear-groups',
  '--inh-caps=-all',
];

/** The command that is spawned, by descriptors and files alone; pure. */
export const launchCommand = (request: LaunchRequest): string[] => [
  ...['/bin/sh', '-c', enter, 'agentcube-launch'],
  ...request.cgroups.map((folder) => path.join(folder, 'cgroup.procs')),
  '--',
  ...(request.uid === undefined ? [] : become(request.uid)),
  ...request.launch.argv,
];

function openPlan({ paths, launch, uid }: LaunchRequest): number {
  writeFileSync(paths.plan, launch.plan, { mode: 0o600 });
  if (uid !== undefined) chownSync(paths.plan, uid, uid);
  return openSync(paths.plan, 'r');
}

function openFilter({ paths, launch }: LaunchRequest): number[] {
  if (!launch.seccomp) return [];
  const file = `${paths.plan}.bpf`;
  writeFileSync(file, launch.seccomp);
  return [openSync(file, 'r')];
}

/** Resolves with the process id once it runs; rejects when nothing could be started. */
export async function launch(request: LaunchRequest): Promise<number> {
  const { paths } = request;
  const log = openSync(paths.log, 'a', 0o600);
  const status = openSync(paths.status, 'w', 0o600);
  const live = openWriteEnd(paths.live);
  const opened = [openPlan(request), ...openFilter(request)];
  try {
    const [program = '', ...args] = launchCommand(request);
    const stdio = ['ignore' as const, log, log, live, status, ...opened];
    const child = spawn(program, args, { cwd: paths.root, env: {}, detached: true, stdio });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child.pid ?? -1;
  } finally {
    for (const fd of [log, status, ...opened]) closeSync(fd);
    closeEnd(live);
  }
}
