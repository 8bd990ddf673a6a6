// Forgets keys of events whose session is over, so that what is remembered does not grow for ever. Does not own what a key means.
// A key is kept as long as it says something: that its session lives, or, where a trigger gives no new one after it, that it has
// ended. So whoever sends the next event finds what they would have found, and any number of programs may sweep.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { Triggers } from '../../model/deployed-trigger.ts';
import type { Binding, EventBindings, KnownBinding } from '../../model/event-queue.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { SessionReads } from '../../model/session-store.ts';
import type { Log } from '../lease-book.ts';
import { runtimeOfKey } from './core/session-key.ts';
import { isConfirmed, sessionIn } from './sessions.ts';

export interface BindingSweeperDeps {
  readonly store: Pick<EventBindings, 'bindings' | 'noteEnded' | 'forgetKeys'>;
  readonly sessions: Pick<SessionReads, 'get'>;
  readonly triggers: Triggers;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BindingSweeperLimits {
  /** How often it looks (ms), and at how many keys then. */
  readonly everyMs: number;
  readonly atOnce: number;
  /** How long it is remembered that a session has ended, where a trigger asks for no new one (ms). */
  readonly endedForMs: number;
}

/** What a key is worth: its session lives, or when it was seen to be over. */
type Standing = 'lives' | { readonly endedAt: number };

export class BindingSweeper {
  readonly #deps: BindingSweeperDeps;
  readonly #limits: BindingSweeperLimits;
  /** Where the next round goes on; undefined: from the beginning. */
  #after: string | undefined;
  #cancel: Cancel = () => {};
  #sweeping = false;

  constructor(deps: BindingSweeperDeps, limits: BindingSweeperLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  start(): void {
    this.#cancel = this.#deps.clock.every(this.#limits.everyMs, () => void this.#sweep());
  }

  stop(): void {
    this.#cancel();
  }

  async #sweep(): Promise<void> {
    const { triggers, log } = this.#deps;
    // Before they are known every trigger seems to be gone.
    if (this.#sweeping || !triggers.known()) return;
    this.#sweeping = true;
    try {
      await this.#round();
    } catch (fault) {
      log('keys of events could not be swept', { fault });
    } finally {
      this.#sweeping = false;
    }
  }

  async #round(): Promise<void> {
    const { store, clock } = this.#deps;
    const { found, next } = await store.bindings(this.#limits.atOnce, this.#after);
    this.#after = next;
    const now = clock.now();
    const [ended, over]: [Binding[], Binding[]] = [[], []];
    for (const one of found) {
      const standing = await this.#standing(one, now);
      if (standing === 'lives') continue;
      if (now - standing.endedAt >= this.#rememberedMs(one)) over.push(one);
      else if (one.endedAt === undefined) ended.push(one);
    }
    if (ended.length > 0) await store.noteEnded(ended, now);
    if (over.length > 0) await store.forgetKeys(over);
  }

  async #standing({ sessionId, endedAt }: KnownBinding, now: number): Promise<Standing> {
    if (endedAt !== undefined) return { endedAt };
    const record = await this.#deps.sessions.get(sessionIn(sessionId));
    return record && record.session.state.kind !== 'ended' ? 'lives' : { endedAt: now };
  }

  /** One that is not confirmed yet may be just being opened. */
  #rememberedMs({ key, sessionId }: Binding): number {
    const keeps = !isConfirmed(sessionId) || this.#keepsEnded(runtimeOfKey(key));
    return keeps ? this.#limits.endedForMs : 0;
  }

  /** Whether a trigger gives no new session after one that has ended. */
  #keepsEnded(runtime: string): boolean {
    return this.#deps.triggers
      .all()
      .some(
        ({ target, session }) =>
          session.whenEnded === 'deadLetter' &&
          session.key !== 'new' &&
          runtimeKeyText(target.runtime) === runtime,
      );
  }
}
