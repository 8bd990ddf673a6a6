// What all sandboxes of one driver share. Owns no behaviour but the handing out of uids.
import type { Clock } from '../../model/clock.ts';
import type { SandboxExit } from '../../controller/driver.ts';
import type { Cgroups } from './cgroups.ts';
import type { ImageTable } from './images.ts';
import type { Layout } from './layout.ts';
import type { Log } from './options.ts';
import type { Reclaimer } from './reclaim.ts';
import type { RuntimeFiles } from './runtime-files.ts';
import type { StartPlaces } from './start-places.ts';
import type { Tier } from './tiers/tier.ts';

export interface Uids {
  /** A uid that no sandbox's files belong to; undefined when the platform is not root. */
  take(): number | undefined;
  /** Known to belong to a sandbox. */
  reserve(uid: number): void;
  release(uid: number): void;
}

export interface Host {
  readonly layout: Layout;
  readonly tier: Tier;
  readonly cgroups: Cgroups | undefined;
  readonly runtime: RuntimeFiles;
  readonly images: ImageTable;
  readonly uids: Uids;
  readonly reclaimer: Reclaimer;
  readonly starts: StartPlaces;
  readonly nodeFlags: readonly string[];
  readonly authPublicKeyPem: string;
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of ends that nobody asked for. */
  readonly onExit: (exit: SandboxExit) => void;
}

/** First uid of a data dir: 4096 for each of 4096 data dirs from 200000 on, so that two platforms hardly meet. */
export const firstUid = (instance: string): number =>
  200_000 + (Number.parseInt(instance.slice(0, 3), 16) << 12);

/** Never two sandboxes with one uid: files of an ended process would be another's. */
export function createUids(first: number | undefined): Uids {
  const taken = new Set<number>();
  return {
    take() {
      if (first === undefined) return undefined;
      let uid = first;
      while (taken.has(uid)) uid += 1;
      taken.add(uid);
      return uid;
    },
    reserve: (uid) => void taken.add(uid),
    release: (uid) => void taken.delete(uid),
  };
}
