// What stores look sessions up by, decided once so that every store finds the same ones.
// Does not own paging (a store's own order) nor what is remembered beside a session.
import type { SessionQuery } from './session-store.ts';
import type { Session } from './session.ts';

/** Whether every label asked for is there with that value. */
export const hasLabels = (session: Session, wanted: Readonly<Record<string, string>> = {}): boolean =>
  Object.entries(wanted).every(
    ([name, value]) => Object.hasOwn(session.labels, name) && session.labels[name] === value,
  );

/** Whether a session belongs into the answer of `query`, whatever its page. */
export const matchesQuery = (session: Session, query: SessionQuery): boolean =>
  (query.kind === undefined || session.runtime.kind === query.kind) &&
  (query.namespace === undefined || session.runtime.namespace === query.namespace) &&
  (query.runtime === undefined || session.runtime.name === query.runtime) &&
  (query.states === undefined || query.states.includes(session.state.kind)) &&
  hasLabels(session, query.labels);

/** The sandbox that a session has or whose files are kept for it; undefined once nothing is left of it (S1). */
export function sandboxIdOf(session: Session): string | undefined {
  const { state } = session;
  if ('sandbox' in state) return state.sandbox.id;
  return 'files' in state ? state.files?.id : undefined;
}
