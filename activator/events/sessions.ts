// Which session an event's key means, and that there is one: bound in the store, so that every activator finds the same, and
// opened by whoever asks first. Does not own how keys are made (core/session-key.ts), nor sessions once they are open.
// A binding is written before its session is made and confirmed after it: whoever finds one unconfirmed opens the same session,
// which happens once (`exists`). So a key never means two sessions, and one that ended is told from one that never began.
import type { Clock } from '../../model/clock.ts';
import type { DemandCounter } from '../../model/demand-tally.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import type { EventBindings } from '../../model/event-queue.ts';
import { openSessionOnce, type OpenSessionDeps } from '../../model/open-session.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';

export interface EventSessionsDeps {
  readonly bindings: Pick<EventBindings, 'bind'>;
  readonly opening: OpenSessionDeps;
  readonly clock: Clock;
  /** Told of each new session. */
  readonly demand?: DemandCounter;
}

/** Before a session's id: it was not yet seen to be open. */
const unconfirmed = 'opening:';

/** Whether what a key is bound to was seen to be open. */
export const isConfirmed = (bound: string): boolean => !bound.startsWith(unconfirmed);

/** The session's id in what a key is bound to. */
export const sessionIn = (bound: string): string =>
  isConfirmed(bound) ? bound : bound.slice(unconfirmed.length);

/** Keys whose session is remembered here; a stale memory costs a refusal and a look at the store. */
const mostRemembered = 10_000;

export class EventSessions {
  readonly #deps: EventSessionsDeps;
  /** By key, the longest unused first. */
  readonly #known = new Map<string, string>();

  constructor(deps: EventSessionsDeps) {
    this.#deps = deps;
  }

  /** The session that `key` meant when it was last asked for here. */
  known(key: string): string | undefined {
    return this.#known.get(key);
  }

  /** The session that `key` means, opened when there is none. Rejects with RUNTIME_NOT_FOUND or STORE_UNAVAILABLE. */
  async find(key: string, runtime: RuntimeKey): Promise<string> {
    const known = this.#known.get(key);
    if (known === undefined) return this.#opened(key, runtime, await this.#bind(key));
    this.#remember(key, known);
    return known;
  }

  /**
   * The session that `key` means, now that `gone` is none any more; undefined when it still means that one, and is not to mean
   * another. Rejects as `find` does.
   */
  async after(
    key: string,
    runtime: RuntimeKey,
    gone: string,
    whenEnded: DeployedTrigger['session']['whenEnded'],
  ): Promise<string | undefined> {
    if (this.#known.get(key) === gone) this.#known.delete(key);
    const bound = await this.#bind(key, whenEnded === 'new' ? gone : undefined);
    return bound === gone ? undefined : this.#opened(key, runtime, bound);
  }

  #bind(key: string, instead?: string): Promise<string> {
    const { bindings, opening } = this.#deps;
    return bindings.bind(key, unconfirmed + opening.ids.uuid(), instead);
  }

  async #opened(key: string, runtime: RuntimeKey, bound: string): Promise<string> {
    const { bindings, opening, clock, demand } = this.#deps;
    let meant = bound;
    while (!isConfirmed(meant)) {
      const id = sessionIn(meant);
      const opened = await openSessionOnce(opening, { runtime, id, now: clock.now() });
      if (opened !== 'exists') demand?.opened(runtime, opened.how);
      meant = await bindings.bind(key, id, meant);
    }
    this.#remember(key, meant);
    return meant;
  }

  #remember(key: string, id: string): void {
    this.#known.delete(key);
    this.#known.set(key, id);
    if (this.#known.size <= mostRemembered) return;
    for (const oldest of this.#known.keys()) return void this.#known.delete(oldest);
  }
}
