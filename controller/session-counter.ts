// Keeps the counts of sessions for the runtimes' status: by what is told of each change, and by counting anew after a gap and
// now and then. Also hears why a runtime's newest session got no sandbox. Does not own counting (core/session-tally.ts).
// What cannot be counted now is told as unknown, not as nothing.
import type { Cancel, Clock } from '../model/clock.ts';
import type { SessionFeed } from '../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { SessionReads } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import type { SessionCounts } from './core/cluster-status.ts';
import { countedStates, SessionTally } from './core/session-tally.ts';

export interface SessionCounterDeps {
  readonly sessions: Pick<SessionReads, 'list'>;
  readonly feed: SessionFeed;
  readonly clock: Clock;
  /** Told when something of a runtime's is another than before; without a key, of all. */
  readonly onChange: (key?: RuntimeKey) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface FailedStart {
  readonly revision: string;
  readonly why: string;
  readonly at: number;
}

const pageSize = 500;
const retryMs = 1_000;
const countAgainMs = 10_000;
/** Reading one session of the store costs about this much of the time until the next count (ms). */
const restPerSessionMs = 5;
/** What nobody tried again for so long may be otherwise by now (ms). */
const failureLastsMs = 600_000;

export class SessionCounter {
  readonly #deps: SessionCounterDeps;
  #tally: SessionTally | undefined;
  /** Changes that were heard of while sessions are counted. */
  #meanwhile: Session[] | undefined;
  readonly #failures = new Map<string, FailedStart>();
  #stops: readonly Cancel[] = [];
  #again: Cancel = () => undefined;
  #stopped = false;

  constructor(deps: SessionCounterDeps) {
    this.#deps = deps;
  }

  /** Returns at once; counts are there when they are. */
  start(): void {
    const { feed } = this.#deps;
    this.#stops = [feed.subscribe((session) => this.#heard(session)), feed.onGap(() => void this.#count())];
    void this.#count();
  }

  stop(): void {
    this.#stopped = true;
    this.#again();
    for (const stop of this.#stops) stop();
  }

  /** Undefined until they were counted. */
  counts(key: RuntimeKey): SessionCounts | undefined {
    return this.#tally?.of(runtimeKeyText(key));
  }

  /** Why the newest session of that revision got no sandbox; undefined once one has, or when it is long ago. */
  startTrouble(key: RuntimeKey, revision: string): string | undefined {
    const failure = this.#failures.get(runtimeKeyText(key));
    const lasts = failure && this.#deps.clock.now() - failure.at < failureLastsMs;
    return lasts && failure.revision === revision ? failure.why : undefined;
  }

  #heard(session: Session): void {
    this.#meanwhile?.push(session);
    const counted = this.#tally?.see(session) ?? false;
    const learnt = this.#learn(session);
    if (counted || learnt) this.#deps.onChange(session.runtime);
  }

  #learn({ state, wokenAt, revision, runtime }: Session): boolean {
    const key = runtimeKeyText(runtime);
    if (state.kind === 'ending' && state.reason.kind === 'failed' && wokenAt === undefined) {
      this.#failures.set(key, { revision, why: state.reason.why, at: this.#deps.clock.now() });
      return true;
    }
    if (state.kind !== 'running' || this.#failures.get(key)?.revision !== revision) return false;
    return this.#failures.delete(key);
  }

  async #count(): Promise<void> {
    if (this.#stopped || this.#meanwhile) return;
    const { clock, log, onChange } = this.#deps;
    this.#again();
    this.#meanwhile = [];
    try {
      const tally = await this.#counted();
      for (const session of this.#meanwhile) tally.see(session);
      this.#tally = tally;
      this.#again = clock.after(
        Math.max(countAgainMs, tally.size * restPerSessionMs),
        () => void this.#count(),
      );
      if (!this.#stopped) onChange();
    } catch (fault) {
      if (!this.#stopped) log('sessions could not be counted; trying again', { fault });
      this.#again = clock.after(retryMs, () => void this.#count());
    } finally {
      this.#meanwhile = undefined;
      if (this.#stopped) this.#again();
    }
  }

  async #counted(): Promise<SessionTally> {
    const tally = new SessionTally();
    let after: string | undefined;
    do {
      const query = { states: countedStates, limit: pageSize, ...(after !== undefined && { after }) };
      const page = await this.#deps.sessions.list(query);
      for (const { session } of page) tally.see(session);
      after = page.length < pageSize ? undefined : page.at(-1)?.session.id;
    } while (after !== undefined && !this.#stopped);
    return tally;
  }
}
