// Pushes a frozen container's memory out to swap, one container at a time and never in anybody's way: the kernel does it within a write
// that may take long, so a process of its own makes it, and a thaw ends that process.
// A container's own limit of swap is put back when that is done, and before it runs again. Without swap nothing is done.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Cancel } from '../../model/clock.ts';
import type { Reclaimer } from '../../nodeagent/ports.ts';
import { read } from './control.ts';
import type { CgroupTree, ContainerFolders } from './folders.ts';

type Memory = NonNullable<ContainerFolders['memory']>;

/** Whether the node has swap at this moment (first line is a heading). */
function hasSwap(swapsFile: string): boolean {
  try {
    return readFileSync(swapsFile, 'utf8').trim().split('\n').length > 1;
  } catch {
    return false;
  }
}

// Built-in commands of the shell only, so that the signal reaches the write.
const scripts = {
  1: 'echo 0 > "$1/memory.force_empty"',
  2: 'read -r bytes < "$1/memory.current"; echo "$bytes" > "$1/memory.reclaim"',
} as const;

/** Lifts the limit of swap that a kubelet sets to nothing; the answer puts it back. Version 1 limits memory and swap together. */
function liftSwapLimit({ version, folder }: Memory): Cancel {
  const file = path.join(folder, 'memory.swap.max');
  const before = version === 2 ? read(file)?.trim() : undefined;
  if (before === undefined || before === 'max') return () => undefined;
  const write = (value: string): void => {
    try {
      writeFileSync(file, value);
    } catch {
      // The container went, or the node lets nobody: then nothing is pushed out.
    }
  };
  write('max');
  return () => write(before);
}

class Queue implements Reclaimer {
  readonly #tree: CgroupTree;
  readonly #swaps: string;
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  constructor(tree: CgroupTree, swaps: string) {
    this.#tree = tree;
    this.#swaps = swaps;
  }

  push(pod: string, container: string): Cancel {
    const memory = hasSwap(this.#swaps) ? this.#tree.container(pod, container)?.memory : undefined;
    if (memory === undefined) return () => undefined;
    let stop: Cancel = () => {
      const place = this.#waiting.indexOf(begin);
      if (place >= 0) this.#waiting.splice(place, 1);
    };
    const begin = (): void => void (stop = this.#begin(memory));
    this.#waiting.push(begin);
    this.#next();
    return () => stop();
  }

  #next(): void {
    const begin = this.#busy ? undefined : this.#waiting.shift();
    if (!begin) return;
    this.#busy = true;
    begin();
  }

  #begin(memory: Memory): Cancel {
    const putBack = liftSwapLimit(memory);
    const child = spawn('/bin/sh', ['-c', scripts[memory.version], 'sh', memory.folder], {
      stdio: 'ignore',
      env: {},
    });
    child.unref();
    const done = (): void => {
      putBack();
      this.#busy = false;
      this.#next();
    };
    child.once('exit', done);
    child.once('error', done);
    return () => {
      child.kill('SIGKILL');
      putBack();
    };
  }
}

/** Where swap is, it is used as soon as a container sleeps. `swaps` is the kernel's list of swap. */
export const cgroupReclaimer = (tree: CgroupTree, swaps = '/proc/swaps'): Reclaimer => new Queue(tree, swaps);
