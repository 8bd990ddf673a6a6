// A folder of YAML deployed by whoever leads, for as long as it leads. What the store or the lead got in the way of is tried again;
// what a file got in the way of waits for the file. Does not own what is said about it.
import type { Cancel, Clock } from '../model/clock.ts';
import { asPlatformError } from '../model/errors.ts';
import type { FolderReport } from './folder.ts';
import { deployFolder, keepFolder, type KeepFolderDeps } from './keep-folder.ts';

export interface LedFolderDeps {
  readonly folder: string;
  readonly reloadTables: () => Promise<void>;
  readonly clock: Clock;
  /** Hears of each time the folder was looked at, with the fault when it could not be. */
  readonly tell: (report: FolderReport | undefined, fault: unknown) => void;
}

const againMs = 2_000;

type Deployed = Pick<KeepFolderDeps, 'registry' | 'triggers'>;

/** Deploys the folder with the registries of one lead, now and after each change, until it is called off. */
export function ledFolder(deps: LedFolderDeps, { registry, triggers }: Deployed): Cancel {
  const { clock, tell } = deps;
  let ended = false;
  let refusedByStore = false;
  let again: Cancel = () => undefined;
  const noting = (fault: unknown): never => {
    refusedByStore ||= asPlatformError(fault).code === 'STORE_UNAVAILABLE';
    throw fault;
  };
  const watched: Deployed = {
    registry: {
      reloadImages: () => registry.reloadImages(),
      apply: (runtime) => registry.apply(runtime).catch(noting),
    },
    triggers: { apply: (trigger) => triggers.apply(trigger).catch(noting) },
  };
  const hear = (report: FolderReport | undefined, fault: unknown): void => {
    if (ended) return;
    tell(report, fault);
    again();
    if (refusedByStore) again = clock.after(againMs, look);
    refusedByStore = false;
  };
  const look = (): void =>
    void deployFolder({ ...deps, ...watched }).then(
      (report) => hear(report, undefined),
      (fault: unknown) => hear(undefined, fault),
    );
  const unwatch = keepFolder({ ...deps, ...watched }, hear);
  look();
  return () => {
    ended = true;
    again();
    unwatch();
  };
}
