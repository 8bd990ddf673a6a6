// Which session a key means, in memory. Nothing survives the process.
import type { EventBindings, KnownBinding } from '../../model/event-queue.ts';

/** `hasLane`: whether any delivery of that lane waits or is in hand. */
export function memoryBindings(
  hasLane: (lane: string) => boolean,
): Omit<EventBindings, 'strike' | 'lastStrike'> {
  const bound = new Map<string, KnownBinding>();
  const means = (key: string, sessionId: string): boolean => bound.get(key)?.sessionId === sessionId;
  return {
    async bind(key, sessionId, instead) {
      const known = bound.get(key)?.sessionId;
      if (known !== undefined && known !== instead) return known;
      bound.set(key, { key, sessionId });
      return sessionId;
    },
    async bindings(most, after = '') {
      const left = [...bound.values()].filter(({ key }) => key > after);
      const found = left.toSorted((a, b) => (a.key < b.key ? -1 : 1)).slice(0, most);
      const last = found.at(-1);
      return { found, ...(last && found.length < left.length && { next: last.key }) };
    },
    async noteEnded(bindings, at) {
      for (const { key, sessionId } of bindings)
        if (means(key, sessionId)) bound.set(key, { endedAt: at, ...bound.get(key), key, sessionId });
    },
    async forgetKeys(bindings) {
      const gone = bindings.filter(({ key, sessionId }) => means(key, sessionId) && !hasLane(key));
      return gone.filter(({ key }) => bound.delete(key)).length;
    },
  };
}
