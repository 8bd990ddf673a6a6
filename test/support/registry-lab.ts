// A registry on a memory store, an image table and a hand-moved clock, and what it told whom.
import { memoryResourceStore } from '../../adapters/memory/resources.ts';
import { mergePatch } from '../../controller/core/merge-patch.ts';
import { invalidObject, noSuchObject } from '../../controller/core/object-errors.ts';
import { createRegistry, type Registry } from '../../controller/registry.ts';
import type { ResourceStore } from '../../controller/resource-store.ts';
import type { Change } from '../../controller/writing.ts';
import { validateRuntime } from '../../model/problem.ts';
import type { Runtime } from '../../model/runtime.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import { manualClock } from './manual-clock.ts';
import { imageTable } from './runtimes.ts';

export const hello: RuntimeKey = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' };
export const python: RuntimeKey = { kind: 'CodeInterpreter', namespace: 'default', name: 'python' };

export function registryLab(store: ResourceStore = memoryResourceStore()) {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const images = imageTable({ 'hello:1': 'd1', 'picod:1': 'p1' });
  let next = 0;
  const registry = createRegistry({ store, images, clock, ids: { uuid: () => `uid-${++next}` } });
  const heard: string[] = [];
  registry.deployments.onChange((key) => heard.push(runtimeKeyText(key)));
  return { clock, images, registry, heard, store };
}

export const condition = (runtime: Runtime | undefined, type: string) =>
  runtime?.status?.conditions?.find((one) => one.type === type);

export const revisionOf = (registry: Registry, key: RuntimeKey) => registry.runtimes.find(key)?.revision;

/** What the work rejects with. */
export const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it was accepted',
    (fault: unknown) => fault,
  );

/** A change by a merge patch of what is there. */
export const patching =
  (patch: object): Change<Runtime> =>
  (current) => {
    if (!current) throw noSuchObject(hello);
    const checked = validateRuntime(mergePatch(current, patch));
    if (checked.ok) return checked.runtime;
    throw invalidObject(hello, checked.problems);
  };
