// A folder of YAML kept deployed by whoever serves: its image tables, runtimes and triggers, once at the start and after each change.
// Does not own what is said about it. One look at a time, so that an older state of a file never wins over a newer one.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Resource } from '../model/resource.ts';
import { applyFolder, watchFolder, type Applied, type FolderReport } from './folder.ts';
import type { Registry } from './registry.ts';
import type { TriggerRegistry } from './trigger-registry.ts';

export interface KeepFolderDeps {
  readonly folder: string;
  readonly registry: Pick<Registry, 'apply' | 'reloadImages'>;
  readonly triggers: Pick<TriggerRegistry, 'apply'>;
  /** Reads the image tables again. */
  readonly reloadTables: () => Promise<void>;
  readonly clock: Clock;
}

/** Deploys what the folder says now. Rejects when it, or an image table, cannot be read. */
export async function deployFolder(deps: Omit<KeepFolderDeps, 'clock'>): Promise<FolderReport> {
  const { folder, registry, triggers, reloadTables } = deps;
  const apply = async (resource: Resource): Promise<Applied> => {
    const { kind } = resource;
    const { name, namespace = 'default' } = resource.metadata;
    const written = kind === 'Trigger' ? await triggers.apply(resource) : await registry.apply(resource);
    const { what, warnings } = written;
    return { kind, namespace, name, what, warnings };
  };
  await reloadTables();
  await registry.reloadImages();
  return applyFolder(folder, apply);
}

/** Deploys again after each change. `tell` hears of each time, with the fault when it failed. */
export function keepFolder(
  deps: KeepFolderDeps,
  tell: (report: FolderReport | undefined, fault: unknown) => void,
): Cancel {
  let turn: Promise<void> = Promise.resolve();
  let ended = false;
  const deploy = async (): Promise<void> => {
    if (ended) return;
    await deployFolder(deps).then(
      (report) => tell(report, undefined),
      (fault: unknown) => tell(undefined, fault),
    );
  };
  const unwatch = watchFolder(deps.folder, deps.clock, () => {
    turn = turn.then(deploy);
  });
  return () => {
    ended = true;
    unwatch();
  };
}
