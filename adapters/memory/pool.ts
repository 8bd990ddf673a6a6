// Owns: the warm sandboxes of the memory store. S1: one leaves once; what a session has or had is not taken in again.
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { WarmPool, WarmSandbox } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';

export interface Binding {
  readonly session: Session;
  readonly dueAt: number | null;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const oldestFirst = (a: WarmSandbox, b: WarmSandbox): number =>
  a.readyAt - b.readyAt || byText(a.sandbox.id, b.sandbox.id);

/** `known`: whether a session has or had this sandbox. `open` stores a claimed session; `exists` or a throw changes nothing. */
export function memoryPool(
  known: (sandboxId: string) => boolean,
  open: (binding: Binding) => 'created' | 'exists',
): WarmPool {
  const pool = new Map<string, WarmSandbox>();
  return {
    offer: async (entry) => {
      const { id } = entry.sandbox;
      if (!pool.has(id) && !known(id)) pool.set(id, entry);
    },
    claim: async (runtime, revision, bind) => {
      const key = runtimeKeyText(runtime);
      const fitting = [...pool.values()].filter(
        (entry) => runtimeKeyText(entry.runtime) === key && entry.revision === revision,
      );
      const oldest = fitting.sort(oldestFirst)[0];
      if (!oldest) return 'empty';
      const binding = bind(oldest.sandbox);
      if (open(binding) === 'exists') return 'exists';
      pool.delete(oldest.sandbox.id);
      return binding.session;
    },
    withdraw: async (sandboxId) => pool.delete(sandboxId),
    entries: async () => [...pool.values()],
  };
}
