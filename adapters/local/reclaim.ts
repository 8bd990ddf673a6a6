// Owns: pushing a paused sandbox's memory out to swap, one sandbox at a time and never in anybody's way.
// The kernel does it within a write that may take long, so a process of its own makes it, and a resume ends that process.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { Cancel } from '../../model/clock.ts';
import type { CgroupFolders } from './cgroups.ts';

type Memory = NonNullable<CgroupFolders['memory']>;

export interface Reclaimer {
  /** Begins when those before it are done; cancelling before or meanwhile leaves the rest in memory. */
  push(memory: Memory): Cancel;
}

/** Whether the host has swap at this moment (first line is a heading). */
export function hasSwap(swapsFile = '/proc/swaps'): boolean {
  try {
    return readFileSync(swapsFile, 'utf8').trim().split('\n').length > 1;
  } catch {
    return false;
  }
}

// Built-in commands of the shell only, so that the signal reaches the write.
const scripts = {
  1: 'echo 0 > "$1/memory.force_empty"',
  2: 'echo max > "$1/memory.swap.max"; read -r bytes < "$1/memory.current"; echo "$bytes" > "$1/memory.reclaim"',
} as const;

/** A paused sandbox may swap whatever its limit; while it runs, exceeding the limit must end in an OOM kill. */
function limitSwapAgain({ version, folder }: Memory): void {
  if (version === 1) return;
  void readFile(`${folder}/memory.max`, 'utf8')
    .then((limit) => (limit.trim() === 'max' ? undefined : writeFile(`${folder}/memory.swap.max`, '0')))
    .catch(() => undefined);
}

export function createReclaimer(): Reclaimer {
  const waiting: (() => void)[] = [];
  let running = false;

  function next(): void {
    const begin = running ? undefined : waiting.shift();
    if (!begin) return;
    running = true;
    begin();
  }

  function begin(memory: Memory, state: { stop: Cancel }): void {
    const child = spawn('/bin/sh', ['-c', scripts[memory.version], 'sh', memory.folder], {
      stdio: 'ignore',
      env: {},
    });
    child.unref();
    state.stop = () => {
      child.kill('SIGKILL');
      limitSwapAgain(memory);
    };
    const done = (): void => {
      running = false;
      next();
    };
    child.once('exit', done);
    child.once('error', done);
  }

  return {
    push(memory) {
      const state = { stop: (): void => drop() };
      const work = (): void => begin(memory, state);
      const drop = (): void => {
        const place = waiting.indexOf(work);
        if (place >= 0) waiting.splice(place, 1);
      };
      waiting.push(work);
      next();
      return () => state.stop();
    },
  };
}
