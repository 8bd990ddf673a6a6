// Waits until a session that starts cold is usable, has failed, or nobody waits any more. Pushed by the feed, never polled.
import type { Clock } from '../../model/clock.ts';
import type { SessionFeed } from '../../model/platform.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SessionReads } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';

export interface AwaitStartDeps {
  readonly store: Pick<SessionReads, 'get'>;
  readonly feed: SessionFeed;
  readonly clock: Pick<Clock, 'after'>;
}

export type Started =
  | { readonly kind: 'running'; readonly sandbox: SandboxRef }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'gone' };

/** What a session's state says of its start; undefined while it goes on. */
function startOf({ state }: Session): Started | undefined {
  if ('sandbox' in state && 'entryPoints' in state.sandbox)
    return { kind: 'running', sandbox: state.sandbox };
  if (state.kind !== 'ending' && state.kind !== 'ended') return undefined;
  return { kind: 'failed', why: state.reason.kind === 'failed' ? state.reason.why : state.reason.kind };
}

/**
 * Listens before it looks, so no change is missed. `late` after `patienceMs`; `gone` when `signal` aborts first.
 * Rejects with STORE_UNAVAILABLE.
 */
export function awaitStart(
  { store, feed, clock }: AwaitStartDeps,
  sessionId: string,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Started> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      stopListening();
      stopLooking();
      giveUp();
      signal.removeEventListener('abort', onGone);
    };
    const settle = (outcome: Started): void => {
      stop();
      resolve(outcome);
    };
    const fail = (fault: Error): void => {
      stop();
      reject(fault);
    };
    const onGone = (): void => settle({ kind: 'gone' });
    const look = (session: Session): void => {
      const outcome = session.id === sessionId ? startOf(session) : undefined;
      if (outcome) settle(outcome);
    };
    const giveUp = clock.after(patienceMs, () => settle({ kind: 'late' }));
    const stopListening = feed.subscribe(look);
    const lookAgain = (): Promise<void> =>
      store.get(sessionId).then((record) => record && look(record.session));
    // What a gap hid, the next change or another gap tells: a store that is away is no reason to give up.
    const stopLooking = feed.onGap(() => void lookAgain().catch(() => undefined));
    signal.addEventListener('abort', onGone);
    if (signal.aborted) return onGone();
    lookAgain().catch(fail);
  });
}
