// Finds the cgroups of pods and containers on this node: by name, below the node's cgroup mounts. Owns where they are, and that a
// folder that went is forgotten. Only names as in names.ts count, and nothing inside a pod's cgroup is taken for a pod.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { containerOf, podOf } from './names.ts';

export interface ContainerFolders {
  /** Where it is frozen. Version 1 where the container runtime uses it, so that its own tools see the same. */
  readonly freezer: {
    readonly version: 1 | 2;
    readonly folder: string;
    /** Version 1: the file that counts its processes; a list of them is empty to whoever is in a process namespace of their own. */
    readonly count?: string;
  };
  /** In the unified hierarchy, which hosts with version 1 may have beside it. */
  readonly unified?: string;
  readonly memory?: { readonly version: 1 | 2; readonly folder: string };
}

interface Hierarchies {
  readonly freezer1?: string;
  readonly memory1?: string;
  readonly pids1?: string;
  readonly unified?: string;
}

/** Deeper than any kubelet puts its pods: a kubelet in a container in a slice. */
const deepest = 8;

function hierarchiesOf(mount: string): Hierarchies {
  const below = (name: string): string | undefined => {
    const folder = path.join(mount, name);
    return existsSync(folder) ? folder : undefined;
  };
  const unified = [mount, path.join(mount, 'unified')].find((folder) =>
    existsSync(path.join(folder, 'cgroup.controllers')),
  );
  const freezer1 = below('freezer');
  const memory1 = below('memory');
  const pids1 = below('pids');
  return {
    ...(freezer1 !== undefined && { freezer1 }),
    ...(memory1 !== undefined && { memory1 }),
    ...(pids1 !== undefined && { pids1 }),
    ...(unified !== undefined && { unified }),
  };
}

function subfolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Folders that have a pod's folder, wherever it is: those known first, for a node has three. */
class PodFolders {
  readonly #root: string;
  #parents = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  find(uid: string): string | undefined {
    return this.#below([...this.#parents], uid) ?? this.#search(uid);
  }

  #below(folders: readonly string[], uid: string): string | undefined {
    for (const folder of folders) {
      const name = subfolders(folder).find((one) => podOf(one) === uid);
      if (name !== undefined) return path.join(folder, name);
    }
    return undefined;
  }

  #search(uid: string): string | undefined {
    this.#parents = new Set();
    let level = [this.#root];
    for (let depth = 0; depth < deepest && level.length > 0; depth += 1) {
      level = level.flatMap((folder) => this.#step(folder));
    }
    return this.#below([...this.#parents], uid);
  }

  /** Where to look next; a folder with pods is remembered. */
  #step(folder: string): string[] {
    const names = subfolders(folder);
    const others = names.filter((name) => podOf(name) === undefined);
    if (others.length < names.length) this.#parents.add(folder);
    return others.filter((name) => containerOf(name) === undefined).map((name) => path.join(folder, name));
  }
}

export interface CgroupTree {
  /** Of the pod; undefined when it has no cgroup here. */
  pod(uid: string): string | undefined;
  /** Of a container; undefined when it has no cgroup here. */
  container(pod: string, id: string): ContainerFolders | undefined;
}

function foldersAt(hierarchies: Hierarchies, version: 1 | 2, root: string, folder: string): ContainerFolders {
  const place = path.relative(root, folder);
  const beside = (other: string | undefined, file: string): string | undefined =>
    other !== undefined && existsSync(path.join(other, place, file)) ? path.join(other, place) : undefined;
  const unified = version === 2 ? folder : beside(hierarchies.unified, 'cgroup.events');
  const memory1 = beside(hierarchies.memory1, 'memory.oom_control');
  const memory2 = beside(hierarchies.unified, 'memory.events');
  const pids = version === 1 ? beside(hierarchies.pids1, 'pids.current') : undefined;
  return {
    freezer: { version, folder, ...(pids !== undefined && { count: path.join(pids, 'pids.current') }) },
    ...(unified !== undefined && { unified }),
    ...(memory1 !== undefined && { memory: { version: 1, folder: memory1 } }),
    ...(memory2 !== undefined && { memory: { version: 2, folder: memory2 } }),
  };
}

class Tree implements CgroupTree {
  readonly #hierarchies: Hierarchies;
  readonly #version: 1 | 2;
  readonly #root: string;
  readonly #pods: PodFolders;
  readonly #known = new Map<string, ContainerFolders>();

  constructor(mount: string) {
    this.#hierarchies = hierarchiesOf(mount);
    const { freezer1, unified } = this.#hierarchies;
    const root = freezer1 ?? unified;
    if (root === undefined)
      throw new Error(`${mount} has neither the freezer of cgroup version 1 nor version 2`);
    this.#version = freezer1 === undefined ? 2 : 1;
    this.#root = root;
    this.#pods = new PodFolders(root);
  }

  pod(uid: string): string | undefined {
    return this.#pods.find(uid);
  }

  container(pod: string, id: string): ContainerFolders | undefined {
    const known = this.#known.get(id);
    if (known && existsSync(known.freezer.folder)) return known;
    this.#known.delete(id);
    const above = this.pod(pod);
    const name = above === undefined ? undefined : subfolders(above).find((one) => containerOf(one) === id);
    if (above === undefined || name === undefined) return undefined;
    const found = foldersAt(this.#hierarchies, this.#version, this.#root, path.join(above, name));
    this.#known.set(id, found);
    return found;
  }
}

/** `mount` is the node's /sys/fs/cgroup. Throws when nothing there can freeze. */
export const openCgroups = (mount: string): CgroupTree => new Tree(mount);
