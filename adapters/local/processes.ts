// Owns: finding and signalling the processes of a sandbox where there are no cgroups. Not atomic against forks, so
// signals are repeated until nothing new appears. A process id alone is never trusted: its start time goes with it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The first process of a sandbox, recognisable after its id was given to another. */
export interface Leader {
  readonly pid: number;
  /** In the kernel's words; undefined where it does not tell. */
  readonly startedAt?: string;
  /** The sandbox's name, which all its processes have in their environment: finds those that left parent and session. */
  readonly name?: string;
}

interface Entry {
  readonly pid: number;
  readonly parent: number;
  /** Session (Linux) or process group (elsewhere): the leader is the first of its own. */
  readonly group: number;
  readonly startedAt?: string;
  readonly state: string;
}

/** Reads /proc/<pid>/stat: `pid (name) state ppid pgrp session … starttime`; the name may hold anything. */
export function parseStat(text: string): Entry | undefined {
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, , group] = fields;
  const startedAt = fields[19];
  if (!Number.isInteger(pid) || state === undefined || startedAt === undefined) return undefined;
  return { pid, parent: Number(parent), group: Number(group), startedAt, state };
}

function readEntry(pid: string): Entry[] {
  try {
    const entry = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return entry ? [entry] : [];
  } catch {
    return [];
  }
}

function fromPs(): Entry[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [pid, parent, group, state = ''] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), group: Number(group), state };
  });
}

const allProcesses = (): Entry[] =>
  existsSync('/proc/self/stat')
    ? readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readEntry(name) : []))
    : fromPs();

function isMarked(pid: number, name: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`AGENTCUBE_SANDBOX_NAME=${name}\0`);
  } catch {
    return false;
  }
}

/** Who belongs to a leader: its session, those that are marked, and the descendants of all these. Zombies are nobody. */
export function membersOf(
  leader: Leader,
  all: readonly Entry[],
  marked: (pid: number) => boolean = () => false,
): number[] {
  const first = all.find((one) => one.pid === leader.pid);
  const reused =
    first !== undefined && leader.startedAt !== undefined && first.startedAt !== leader.startedAt;
  const inSession = (one: Entry): boolean => !reused && (one.group === leader.pid || one.pid === leader.pid);
  const members = new Set(all.flatMap((one) => (inSession(one) || marked(one.pid) ? [one.pid] : [])));
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const one of all) if (members.has(one.parent)) members.add(one.pid);
  }
  return all.flatMap((one) => (members.has(one.pid) && !one.state.startsWith('Z') ? [one.pid] : []));
}

/** The process as it may be recognised later. */
export function leaderOf(pid: number, name: string): Leader {
  const [entry] = readEntry(String(pid));
  return { pid, name, ...(entry?.startedAt !== undefined && { startedAt: entry.startedAt }) };
}

function find(leader: Leader, all: readonly Entry[]): number[] {
  const { name } = leader;
  return membersOf(leader, all, (pid) => name !== undefined && isMarked(pid, name));
}

export const livingMembers = (leader: Leader): number[] => find(leader, allProcesses());

/** Whether all of them are stopped. */
export function allStopped(leader: Leader): boolean {
  const all = allProcesses();
  const members = new Set(find(leader, all));
  return members.size > 0 && all.every((one) => !members.has(one.pid) || /^[Tt]/.test(one.state));
}

/** Signals all, until no process appears that was not signalled. */
export function signalAll(leader: Leader, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  const done = new Set<number>();
  for (let round = 0; round < 10; round += 1) {
    const fresh = livingMembers(leader).filter((pid) => !done.has(pid));
    if (fresh.length === 0) return;
    for (const pid of fresh) {
      done.add(pid);
      try {
        process.kill(pid, signal);
      } catch {
        continue;
      }
    }
  }
}
