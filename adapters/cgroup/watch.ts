// Tells when a container's last process ended, and when one was killed for want of memory. The kernel tells of changes in the unified
// hierarchy; what only version 1 knows is looked at once a second. Does not own what an end means.
import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Cancel, Clock } from '../../model/clock.ts';
import type { ContainerEnd, ContainerWatch } from '../../nodeagent/ports.ts';
import { look } from './control.ts';
import type { CgroupTree, ContainerFolders } from './folders.ts';
import { killsOf, limitOf } from './memory.ts';

/** How often version 1 is looked at (ms). */
const periodMs = 1_000;

type Listener = (end: ContainerEnd) => void;

class Watching {
  readonly #folders: ContainerFolders;
  readonly #listener: Listener;
  readonly #limit: string | undefined;
  #kills: number;
  #files: FSWatcher[] = [];
  #ended = false;

  constructor(folders: ContainerFolders, listener: Listener) {
    this.#folders = folders;
    this.#listener = listener;
    this.#limit = folders.memory && limitOf(folders.memory);
    this.#kills = this.#count();
    const { unified, memory } = folders;
    if (unified !== undefined) this.#follow(path.join(unified, 'cgroup.events'));
    if (memory?.version === 2) this.#follow(path.join(memory.folder, 'memory.events'));
  }

  stop(): void {
    this.#ended = true;
    for (const file of this.#files) file.close();
    this.#files = [];
  }

  /** Looks what has changed. */
  check(): void {
    if (this.#ended) return;
    const kills = this.#count();
    if (kills > this.#kills) {
      this.#kills = kills;
      const limit = this.#limit === undefined ? '' : ` (limit ${this.#limit})`;
      this.#listener({ kind: 'out-of-memory', why: `out of memory${limit}` });
    }
    if (look(this.#folders.freezer) !== undefined) return;
    this.stop();
    this.#listener({ kind: 'exit', why: 'its last process ended' });
  }

  #count(): number {
    return (this.#folders.memory && killsOf(this.#folders.memory)) ?? 0;
  }

  #follow(file: string): void {
    try {
      const watcher = watch(file, () => this.check());
      watcher.on('error', () => watcher.close());
      this.#files.push(watcher);
    } catch {
      // It went meanwhile; the next look tells.
    }
  }
}

/** Watches containers whose processes are in a cgroup on this node; of others nothing is told. */
export function cgroupWatch(tree: CgroupTree, clock: Clock): ContainerWatch & { close: Cancel } {
  const all = new Set<Watching>();
  const close = clock.every(periodMs, () => {
    for (const one of all) one.check();
  });
  return {
    close,
    watch(pod, container, listener) {
      const folders = tree.container(pod, container);
      // Without processes from the start it is a virtual machine's, of which the cgroup tells nothing.
      if (folders === undefined || look(folders.freezer) === undefined) return () => undefined;
      const watching = new Watching(folders, listener);
      all.add(watching);
      return () => {
        watching.stop();
        all.delete(watching);
      };
    },
  };
}
