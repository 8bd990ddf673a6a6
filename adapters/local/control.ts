// Owns: what can be done to all processes of one sandbox together: freeze, thaw, kill, count, explain their end.
// Uses cgroups where there are some and walks the process tree where there are none. Keeps files open until `close`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesIn, type CgroupFolders } from './cgroups.ts';
import { isStopped, legacyFreezer, signalFreezer, unifiedFreezer, type ProcessFreezer } from './freezers.ts';
import { allStopped, livingMembers, signalAll, type Leader } from './processes.ts';

export interface Control extends ProcessFreezer {
  /** Process ids on the host. */
  members(): number[];
  /** Answers when none is left, frozen or not. Rejects after 10 s: then the kernel does not let go of one. */
  kill(): Promise<void>;
  oomKills(): number;
}

const killPatienceMs = 10_000;

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function oomKillsIn(folders: CgroupFolders | undefined): number {
  if (!folders?.memory) return 0;
  const file = folders.memory.version === 2 ? 'memory.events' : 'memory.oom_control';
  const found = /^oom_kill (\d+)$/m.exec(readText(path.join(folders.memory.folder, file)));
  return Number(found?.[1] ?? 0);
}

function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      continue;
    }
  }
}

/** A freezer for whatever is there; undefined while there is neither a directory nor a leader. */
function freezerFor(folders: CgroupFolders | undefined, leader: Leader | undefined): ProcessFreezer {
  if (folders?.unified !== undefined && existsSync(folders.unified)) return unifiedFreezer(folders.unified);
  if (folders?.freezer1 !== undefined && existsSync(folders.freezer1)) return legacyFreezer(folders.freezer1);
  const [listed] = folders?.all ?? [];
  if (listed !== undefined) {
    return signalFreezer({
      signal: (signal) => signalEach(processesIn(listed), signal),
      allStopped: () => processesIn(listed).length > 0 && processesIn(listed).every(isStopped),
    });
  }
  return signalFreezer({
    signal: (signal) => leader && signalAll(leader, signal),
    allStopped: () => leader !== undefined && allStopped(leader),
  });
}

function killOnce(
  folders: CgroupFolders | undefined,
  leader: Leader | undefined,
  members: readonly number[],
): void {
  const killFile = folders?.unified === undefined ? undefined : path.join(folders.unified, 'cgroup.kill');
  if (killFile !== undefined && existsSync(killFile)) writeFileSync(killFile, '1');
  if (folders) return signalEach(members, 'SIGKILL');
  if (leader) signalAll(leader, 'SIGKILL');
}

/** `folders` exist already. Without them `leader` tells whose processes are meant. */
export function createControl(folders: CgroupFolders | undefined, leader: Leader | undefined): Control {
  const freezer = freezerFor(folders, leader);
  const [listed] = folders?.all ?? [];
  const members = (): number[] => {
    if (listed !== undefined) return processesIn(listed);
    return leader ? livingMembers(leader) : [];
  };
  /** Also those that have entered some of the cgroups only: a start that was cut off. */
  const anywhere = (): number[] =>
    folders === undefined ? members() : [...new Set(folders.all.flatMap((folder) => processesIn(folder)))];
  return {
    ...freezer,
    members,
    oomKills: () => oomKillsIn(folders),
    async kill() {
      for (let waited = 0, pauseMs = 1; ; waited += pauseMs, pauseMs = Math.min(50, pauseMs * 2)) {
        const left = anywhere();
        if (left.length === 0) return;
        if (waited > killPatienceMs) throw new Error(`processes ${left.join(', ')} do not end`);
        killOnce(folders, leader, left);
        // A frozen process of version 1 takes no signal, and with SIGSTOP others may wait for their parent.
        if (folders?.freezer1 !== undefined) freezer.thaw();
        await delay(pauseMs);
      }
    },
  };
}
