// Which sandbox is marked as whose. Whoever uses the driver is its only user, so what is known here is all there is.
// S1: a sandbox that is marked as one session's is never marked as another's.
// Does not own where a mark is kept (drivers do) nor what is rebuilt from it (recovery.ts).
import { PlatformError } from '../model/errors.ts';
import { markOf } from '../model/rebuilt-session.ts';
import type { Session } from '../model/session.ts';
import type { FoundSandbox, Marks } from './driver.ts';

export class MarkBook {
  readonly #driver: Marks;
  readonly #owners = new Map<string, string>();
  /** Being marked at this moment. */
  readonly #underway = new Map<string, Promise<void>>();

  constructor(driver: Marks) {
    this.#driver = driver;
  }

  /** Takes note of the marks that are there. */
  learn(found: readonly FoundSandbox[]): void {
    for (const { spec } of found) if (spec.session) this.#owners.set(spec.id, spec.session.id);
  }

  /** A sandbox whose start carries its session's mark. */
  begun(sandboxId: string, session: Session): void {
    this.#owners.set(sandboxId, session.id);
  }

  /** Marks a sandbox that lives as the session's. Rejects with SESSION_STATE when it is another's, and as the driver does. */
  async mark(sandboxId: string, session: Session): Promise<void> {
    const owner = this.#owners.get(sandboxId);
    if (owner === session.id) return;
    if (owner !== undefined) {
      const reason = `the sandbox is session ${owner}'s`;
      throw new PlatformError('SESSION_STATE', reason, { sessionId: session.id, reason });
    }
    await this.#once(sandboxId, session);
  }

  /** Asked for twice at a time it is done once: a wake waits for the mark that its claim began. */
  async #once(sandboxId: string, session: Session): Promise<void> {
    const underway = this.#underway.get(sandboxId);
    if (underway) {
      await underway.catch(() => undefined);
      return this.mark(sandboxId, session);
    }
    const done = this.#driver.mark(sandboxId, markOf(session));
    this.#underway.set(sandboxId, done);
    try {
      await done;
      this.#owners.set(sandboxId, session.id);
    } finally {
      this.#underway.delete(sandboxId);
    }
  }

  /** Whether it is known to be another session's. */
  isOthers(sandboxId: string, session: Session): boolean {
    return (this.#owners.get(sandboxId) ?? session.id) !== session.id;
  }

  /** Nothing is left of the sandbox. */
  forget(sandboxId: string): void {
    this.#owners.delete(sandboxId);
  }
}
