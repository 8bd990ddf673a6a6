// What a watch says of a change: that a session is new to it, changed, or is not among those it tells of any more.
// Pure but for what it remembers of one watch. Does not own the stream (../watch.ts).
// Invariant: after a session was told as deleted, nothing more is told of it until it is selected again.
import type { Session } from '../../../model/session.ts';
import { concerns, selects, type Selection } from './selection.ts';

export type Told = 'ADDED' | 'MODIFIED' | 'DELETED';

export class Watched {
  readonly #selection: Selection;
  readonly #told = new Map<string, 'shown' | 'gone'>();

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  /** What is to be said of a session that changed; undefined when nothing is. */
  tell(session: Session): Told | undefined {
    if (!concerns(this.#selection, session)) return undefined;
    const before = this.#told.get(session.id);
    if (selects(this.#selection, session)) {
      this.#told.set(session.id, 'shown');
      // Whoever begins at a version has the sessions of before from elsewhere.
      return before === 'gone' || (before === undefined && session.version === 1) ? 'ADDED' : 'MODIFIED';
    }
    const wasHere = before === 'shown' || (before === undefined && session.version > 1);
    this.#forget(session);
    return wasHere ? 'DELETED' : undefined;
  }

  /** What is said of a session that the watch begins with. */
  begin(session: Session): 'ADDED' {
    this.#told.set(session.id, 'shown');
    return 'ADDED';
  }

  #forget({ id, state }: Session): void {
    // Nothing follows an end, so there is nothing to remember.
    if (state.kind === 'ended') this.#told.delete(id);
    else this.#told.set(id, 'gone');
  }
}
