// What a controller does with the lead, from its first moment to its last: open the driver, bring the store and the sandboxes
// together, say that the store is prepared, tell everybody what is deployed, and keep sessions and pools until it ends.
// Does not own when to lead (model/elector.ts), what is wired to what (main.ts), nor HTTP.
// One term, one store: every write carries the term, so what an ended lead still has under way changes nothing.
import type { Leading } from '../model/elector.ts';
import type { Clock } from '../model/clock.ts';
import type { StorePreparation } from '../model/leader-election.ts';
import type { Ids } from '../model/open-session.ts';
import type {
  LeaseRecalls,
  PoolTargets,
  RuntimeDirectory,
  SessionFeed,
  WakeFeed,
} from '../model/platform.ts';
import type { SessionStore } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import type { ControlApiDeps } from './api/control-api.ts';
import type { Driver } from './driver.ts';
import type { Recovered } from './recovery.ts';
import type { Registry } from './registry.ts';
import type { ResourceCopy, RestorableResources } from './resource-store.ts';

/** What there is while this process leads. */
export interface Lead {
  readonly term: number;
  /** For `createControlApi`. */
  readonly api: ControlApiDeps;
  /** For deploying a folder. */
  readonly registry: Registry;
  readonly driver: Driver;
  readonly recovered: Recovered;
}

export interface LeadingDeps {
  /** The store as every other program sees it: without fence, and refusing while it is not prepared. Not closed here. */
  readonly store: SessionStore;
  /** The store of one term: its writes are refused with NOT_LEADER once another leads. */
  readonly openStore: (term: number) => SessionStore;
  readonly openResources: (term: number) => RestorableResources;
  /** Waits for, or ends, whoever used the driver before. */
  readonly openDriver: () => Promise<Driver>;
  readonly preparation: (term: number) => StorePreparation;
  readonly directory: (term: number) => RuntimeDirectory;
  readonly copy: ResourceCopy;
  readonly feed: SessionFeed;
  readonly wakeFeed: WakeFeed;
  readonly recalls: LeaseRecalls;
  /** Tells everybody to look again: there is a new leader. */
  readonly announceGap: () => void;
  /** Absent where the store tells of what it stored by itself. */
  readonly publish?: (session: Session) => void;
  readonly targets?: PoolTargets;
  readonly ids: Ids;
  readonly clock: Clock;
  /** How long after its beginning nothing is paused or ended for being idle (ms): activators renew their leases first. */
  readonly graceMs: number;
  readonly commandPatienceMs: number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Told when all is brought together and kept: from now on the control API may be served. */
  readonly onLead: (lead: Lead) => void;
  /** Told first of all when the lead ends: the control API may not be served any more. */
  readonly onEnd: (term: number) => void;
  /** The driver could not be closed in time: the process has to end at once, so that nothing of it takes effect. */
  readonly stuck: () => void;
}

/** What the elector calls with each new term. It rejects when leading could not begin; then nothing of it is left. */
export function createLeading(deps: LeadingDeps): (term: number) => Promise<Leading> {
  return async (term) => {
    throw new Error(`term ${term} of ${typeof deps} is not led yet`);
  };
}
