// Who may use a store when. A leader's is made for its term: every write is refused with NOT_LEADER when another term is
// the current one; it may still look. Everybody else's is refused all of it while the store is not prepared.
// Atomic as long as the store's own work is begun in the turn of the call, as the memory store's is.
import { PlatformError } from '../../model/errors.ts';
import type { SessionReads, SessionStore } from '../../model/session-store.ts';

type Operation = keyof SessionStore;

const reads: ReadonlySet<Operation> = new Set<keyof SessionReads | 'entries'>([
  ...(['get', 'list', 'due', 'bySandbox'] as const),
  'entries',
]);

type Refusal = (operation: Operation) => PlatformError | undefined;

/** The store, but for what `refusal` answers to each operation when it is called. */
function guarded(store: SessionStore, refusal: Refusal): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const operation: unknown = Reflect.get(target, name);
      if (typeof operation !== 'function') return operation;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        const refused = name === 'close' ? undefined : refusal(name as Operation);
        if (refused) throw refused;
        return Reflect.apply(operation, target, args) as unknown;
      };
    },
  });
}

/** `isCurrent`: whether the term that this store was made for is still the store's. Asked at each write. */
export function fencedStore(store: SessionStore, isCurrent: () => boolean): SessionStore {
  return guarded(store, (operation) =>
    reads.has(operation) || isCurrent()
      ? undefined
      : new PlatformError('NOT_LEADER', 'another controller leads'),
  );
}

/** For programs that do not lead. `isPrepared` is asked at each operation. */
export function preparedStore(store: SessionStore, isPrepared: () => boolean): SessionStore {
  return guarded(store, () =>
    isPrepared()
      ? undefined
      : new PlatformError('STORE_UNAVAILABLE', 'the store is empty; it is being rebuilt by the controller'),
  );
}
