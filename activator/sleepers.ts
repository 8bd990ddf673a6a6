// The sessions that were last heard of as asleep where they can be woken directly. Whoever asks for one need not ask the store first.
// What is known here may be of yesterday: a wake is stored by version, so that it then fails and the store is asked (direct-wakes.ts).
// Owns only how many are remembered.
import type { Session } from '../model/session.ts';

/** About 1 KiB each. */
const most = 10_000;

export class Sleepers {
  readonly #most: number;
  /** The one that fell asleep first comes first. */
  readonly #known = new Map<string, Session>();

  constructor(remembered = most) {
    this.#most = remembered;
  }

  find(sessionId: string): Session | undefined {
    return this.#known.get(sessionId);
  }

  /** News of a session. */
  changed(session: Session): void {
    const { id, state, version } = session;
    if (version < (this.#known.get(id)?.version ?? 0)) return;
    this.#known.delete(id);
    if (state.kind !== 'paused' || !state.sandbox.place) return;
    this.#known.set(id, session);
    const [first] = this.#known.keys();
    if (this.#known.size > this.#most && first !== undefined) this.#known.delete(first);
  }

  /** It is not so any more. */
  forget(sessionId: string): void {
    this.#known.delete(sessionId);
  }

  /** News may have been missed. */
  clear(): void {
    this.#known.clear();
  }
}
