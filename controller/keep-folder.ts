// A folder of YAML kept deployed by whoever serves: its image tables and its runtimes, once at the start and after each change.
// Does not own what is said about it. One look at a time, so that an older state of a file never wins over a newer one.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Runtime } from '../model/runtime.ts';
import { applyFolder, watchFolder, type AppliedRuntime, type FolderReport } from './folder.ts';
import type { Registry } from './registry.ts';

export interface KeepFolderDeps {
  readonly folder: string;
  readonly registry: Pick<Registry, 'apply' | 'reloadImages'>;
  /** Reads the image tables again. */
  readonly reloadTables: () => Promise<void>;
  readonly clock: Clock;
}

/** Deploys what the folder says now. Rejects when it, or an image table, cannot be read. */
export async function deployFolder(deps: Omit<KeepFolderDeps, 'clock'>): Promise<FolderReport> {
  const { folder, registry, reloadTables } = deps;
  const apply = async (runtime: Runtime): Promise<AppliedRuntime> => {
    const { runtime: stored, what, warnings } = await registry.apply(runtime);
    const { name, namespace = 'default' } = stored.metadata;
    return { kind: stored.kind, namespace, name, what, warnings };
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
