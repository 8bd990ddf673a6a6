// Several ways to freeze a container as one: whichever sees its processes. A container in a virtual machine has none in its cgroup on
// the node, so its runtime is asked. Which way it is does not change in a container's life, so it is found out once.
import type { ContainerState, Freezer } from './ports.ts';

/** Tries the ways in their order. What no way sees is gone. */
export function anyFreezer(ways: readonly Freezer[]): Freezer {
  const chosen = new Map<string, Freezer>();

  async function look(pod: string, container: string): Promise<ContainerState | undefined> {
    const known = chosen.get(container);
    for (const way of known ? [known] : ways) {
      const state = await way.look(pod, container);
      if (state === undefined) continue;
      chosen.set(container, way);
      return state;
    }
    chosen.delete(container);
    return undefined;
  }

  async function wayOf(pod: string, container: string): Promise<Freezer | undefined> {
    if (!chosen.has(container)) await look(pod, container);
    return chosen.get(container);
  }

  return {
    look,
    async freeze(pod, container, giveUp) {
      return (await (await wayOf(pod, container))?.freeze(pod, container, giveUp)) ?? true;
    },
    async thaw(pod, container) {
      await (await wayOf(pod, container))?.thaw(pod, container);
    },
  };
}
