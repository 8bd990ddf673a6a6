// Sees to it that claimed sandboxes say whose they are, soon and beside everything else: who waits for the session does not wait for
// this. A session may be in use long before, where somebody else woke it and made its mark durable next to the sandbox.
// S1, S4: what has no mark may not be left so; a mark that failed is made again until it is there or there is nothing to mark.
// Does not own which sandbox is whose (marks.ts) nor that a wake waits for its mark (perform.ts).
import type { Clock } from '../model/clock.ts';
import { PlatformError, type ErrorCode } from '../model/errors.ts';
import { sandboxIdOf } from '../model/session-query.ts';
import type { SessionReads } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import type { MarkBook } from './marks.ts';

export interface MarkingDeps {
  readonly store: Pick<SessionReads, 'get'>;
  readonly marks: Pick<MarkBook, 'mark'>;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const atOnce = 8;
const retryMs = 1_000;
/** There is nothing to mark any more, or it is not ours to do. */
const final: ReadonlySet<ErrorCode> = new Set(['SANDBOX_CRASHED', 'SESSION_STATE', 'NOT_LEADER']);

const over = ({ state }: Session): boolean => state.kind === 'ending' || state.kind === 'ended';

export class Marking {
  readonly #deps: MarkingDeps;
  /** In the order in which they were claimed. */
  readonly #waiting = new Map<string, Session>();
  #underway = 0;
  #ended = false;

  constructor(deps: MarkingDeps) {
    this.#deps = deps;
  }

  /** The session's sandbox is to be marked. Returns at once. */
  add(session: Session): void {
    if (this.#ended) return;
    this.#waiting.set(session.id, session);
    this.#next();
  }

  /** Marks nothing any more; what is under way is left as it is. */
  end(): void {
    this.#ended = true;
    this.#waiting.clear();
  }

  #next(): void {
    for (const [id, session] of this.#waiting) {
      if (this.#underway >= atOnce) return;
      this.#waiting.delete(id);
      this.#underway += 1;
      void this.#mark(session).finally(() => {
        this.#underway -= 1;
        this.#next();
      });
    }
  }

  async #mark(session: Session): Promise<void> {
    const sandboxId = sandboxIdOf(session);
    if (sandboxId === undefined || over(session)) return;
    try {
      await this.#deps.marks.mark(sandboxId, session);
    } catch (fault) {
      if (!this.#ended) this.#failed(session, fault);
    }
  }

  #failed(session: Session, fault: unknown): void {
    const { clock, log } = this.#deps;
    const isFinal = fault instanceof PlatformError && final.has(fault.code);
    if (isFinal && fault.code !== 'SESSION_STATE') return;
    log('a sandbox could not be marked as its session’s', { sessionId: session.id, fault });
    if (!isFinal) clock.after(retryMs, () => void this.#again(session));
  }

  async #again(session: Session): Promise<void> {
    if (this.#ended) return;
    try {
      const record = await this.#deps.store.get(session.id);
      if (record) this.add(record.session);
    } catch (fault) {
      this.#failed(session, fault);
    }
  }
}
