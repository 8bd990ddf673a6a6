// Counts the sessions of each runtime from the changes that are told of them: how many have a sandbox that runs, how many sleep.
// Decides only. Does not own hearing of changes (session-counter.ts). A change that is older than what is known counts nothing (S6).
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { Session, StateKind } from '../../model/session.ts';
import type { SessionCounts } from './cluster-status.ts';

type Place = keyof SessionCounts;

const places: Readonly<Record<StateKind, Place | undefined>> = {
  creating: 'active',
  running: 'active',
  pausing: 'active',
  paused: 'asleep',
  resuming: 'active',
  suspending: 'asleep',
  suspended: 'asleep',
  restarting: 'active',
  ending: undefined,
  ended: undefined,
};

/** The states of sessions that count. */
export const countedStates = (Object.keys(places) as StateKind[]).filter(
  (kind) => places[kind] !== undefined,
);

interface Known {
  readonly runtime: string;
  readonly place: Place;
  readonly version: number;
}

export class SessionTally {
  readonly #known = new Map<string, Known>();
  readonly #counts = new Map<string, Record<Place, number>>();

  get size(): number {
    return this.#known.size;
  }

  /** By `runtimeKeyText`. */
  of(runtime: string): SessionCounts {
    return { active: 0, asleep: 0, ...this.#counts.get(runtime) };
  }

  /** Whether the counts of its runtime are others now. */
  see(session: Session): boolean {
    const before = this.#known.get(session.id);
    if (before && before.version >= session.version) return false;
    const place = places[session.state.kind];
    const runtime = runtimeKeyText(session.runtime);
    if (place) this.#known.set(session.id, { runtime, place, version: session.version });
    else this.#known.delete(session.id);
    if (before?.place === place) return false;
    if (before) this.#add(before.runtime, before.place, -1);
    if (place) this.#add(runtime, place, 1);
    return true;
  }

  #add(runtime: string, place: Place, by: 1 | -1): void {
    const counts = this.#counts.get(runtime) ?? { active: 0, asleep: 0 };
    counts[place] += by;
    if (counts.active + counts.asleep > 0) this.#counts.set(runtime, counts);
    else this.#counts.delete(runtime);
  }
}
