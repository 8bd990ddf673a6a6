// Freezing one cgroup and reading whether it is frozen and whether anything runs in it: version 2 and the version 1 freezer.
// The truth is what the kernel's files say at this moment; nothing is remembered. Does not own which cgroup, nor why.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { ContainerState } from '../../nodeagent/ports.ts';
import type { ContainerFolders } from './folders.ts';

type Place = ContainerFolders['freezer'];

/** How long a container may take to come to rest (ms): a process in the middle of a long system call keeps it. */
const patienceMs = 2_000;

/** Undefined when the cgroup went meanwhile, as it does when its last process ends. */
function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return undefined;
    throw fault;
  }
}

/** Undefined when it is not there any more. */
export const read = (file: string): string | undefined => unlessGone(() => readFileSync(file, 'utf8'));

/** Whether a process is in it or below it, for hierarchies without `cgroup.events`. */
const populated = ({ folder, count }: Place): boolean =>
  count === undefined ? hasProcesses(folder) : Number(read(count) ?? 0) > 0;

function hasProcesses(folder: string): boolean {
  if ((read(path.join(folder, 'cgroup.procs')) ?? '') !== '') return true;
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.some((entry) => entry.isDirectory() && hasProcesses(path.join(folder, entry.name)));
  } catch {
    return false;
  }
}

const stateFile = ({ folder }: Place): string => path.join(folder, 'freezer.state');

function look1(place: Place): ContainerState | undefined {
  const state = read(stateFile(place));
  if (state === undefined || !populated(place)) return undefined;
  return state.startsWith('FROZEN') ? 'frozen' : 'running';
}

/** The unified hierarchy says both in one file. */
function look2({ folder }: Place): ContainerState | undefined {
  const events = read(path.join(folder, 'cgroup.events')) ?? '';
  if (!/^populated 1$/m.test(events)) return undefined;
  return /^frozen 1$/m.test(events) ? 'frozen' : 'running';
}

/** Undefined when nothing runs in it. */
export const look = (place: Place): ContainerState | undefined =>
  place.version === 1 ? look1(place) : look2(place);

/** Asks the kernel; returns before it is so. */
function order(place: Place, frozen: boolean): void {
  const [file, word] =
    place.version === 1
      ? [stateFile(place), frozen ? 'FROZEN' : 'THAWED']
      : [path.join(place.folder, 'cgroup.freeze'), frozen ? '1' : '0'];
  unlessGone(() => writeFileSync(file, word, { flag: 'r+' }));
}

export function thaw(place: Place): void {
  order(place, false);
}

/** Version 1 may stay on the way when a process forks meanwhile, until it is asked again. */
const askAgain = (place: Place): void => {
  if (place.version === 1) order(place, true);
};

/** Asks at once, then ever more rarely (from 1 ms to 20 ms). */
async function settled(place: Place, giveUp: () => boolean): Promise<boolean> {
  for (let spin = 0; spin < 20 && !giveUp(); spin += 1) {
    if (look(place) !== 'running') return true;
    await turn();
  }
  for (let waited = 0, pauseMs = 1; waited < patienceMs && !giveUp(); pauseMs = Math.min(20, pauseMs * 2)) {
    if (look(place) !== 'running') return true;
    askAgain(place);
    await delay(pauseMs);
    waited += pauseMs;
  }
  return !giveUp() && look(place) !== 'running';
}

/** False when it did not come to rest or was given up: then it runs. */
export async function freeze(place: Place, giveUp: () => boolean): Promise<boolean> {
  order(place, true);
  if (await settled(place, giveUp)) return true;
  thaw(place);
  return false;
}
