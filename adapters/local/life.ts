// Owns: the processes of one sandbox from their start to their end, as the platform holds them: control, liveness and
// whether they are frozen. A sandbox has one life at a time and a new one with each start.
import { existsSync, readFileSync } from 'node:fs';
import type { Cancel } from '../../model/clock.ts';
import { createControl, type Control } from './control.ts';
import type { CgroupFolders } from './cgroups.ts';
import { exitCodeIn, exitReason } from './exit-reason.ts';
import type { Host } from './host.ts';
import type { SandboxPaths } from './layout.ts';
import { watchFifo, type Watch } from './liveness.ts';
import type { Leader } from './processes.ts';
import type { SandboxRecord } from './record.ts';

export interface Life {
  readonly control: Control;
  readonly watch: Watch;
  readonly folders: CgroupFolders | undefined;
  /** Set once the main process is gone, before anything is done about it. */
  ended: boolean;
  paused: boolean;
  /** Stops pushing memory out. */
  stopPushing: Cancel | undefined;
}

const present = (folders: CgroupFolders | undefined): CgroupFolders | undefined =>
  folders?.all.every((folder) => existsSync(folder)) ? folders : undefined;

/**
 * Who to look for among all processes, also when the platform ended before it could write the leader down. Nobody where cgroups tell:
 * reading all processes takes some milliseconds, and a thousand sleeping sandboxes would keep a new leader from leading.
 */
export function leaderIn(
  record: SandboxRecord | undefined,
  host: { readonly cgroups: unknown },
): Leader | undefined {
  if (!record || (record.confined && host.cgroups !== undefined)) return undefined;
  return record.leader ?? { pid: -1, name: record.spec.name };
}

/** Takes hold of processes that run or are just about to. Throws when the FIFO or a cgroup is not there. */
export function takeHold(host: Host, id: string, paths: SandboxPaths, leader: Leader | undefined): Life {
  const folders = present(host.cgroups?.folders(id));
  const watch = watchFifo(paths.live);
  const control = createControl(folders, leader);
  const life: Life = { control, watch, folders, ended: false, paused: false, stopPushing: undefined };
  void watch.ended.then(() => (life.ended = true));
  return life;
}

/** Gives up the hold; the processes go on. */
export function letGo(life: Life): void {
  life.stopPushing?.();
  life.watch.close();
  life.control.close();
}

/** Ends processes that nobody holds: of a sandbox whose record or FIFO is gone. */
export async function endUnheld(host: Host, id: string, leader: Leader | undefined): Promise<void> {
  const control = createControl(present(host.cgroups?.folders(id)), leader);
  await control.kill().finally(() => control.close());
}

function statusText(paths: SandboxPaths): string {
  try {
    return readFileSync(paths.status, 'utf8');
  } catch {
    return '';
  }
}

/** Why the processes ended, in words. Asked before their cgroups are removed. */
export function whyEnded(
  paths: SandboxPaths,
  oomKills: number,
  memoryLimitBytes: number | undefined,
): string {
  const code = exitCodeIn(statusText(paths));
  return exitReason({
    oomKills,
    ...(code !== undefined && { code }),
    ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
  });
}
