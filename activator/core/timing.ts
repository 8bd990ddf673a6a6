// What a wait is called in the answer's Server-Timing header, and whether the sandbox came out of it with the memory that it had.
import type { StateKind } from '../../model/session.ts';

/** How the request came by its sandbox. */
export type WaitKind =
  | { readonly kind: 'claim' }
  | { readonly kind: 'cold' }
  /** `newMemory`: it was started again, so that it has its files and nothing else of what it had. */
  | { readonly kind: 'wake'; readonly from: StateKind; readonly newMemory: boolean };

const sleeps: Partial<Record<StateKind, string>> = {
  suspending: 'suspended',
  suspended: 'suspended',
  restarting: 'suspended',
};

/**
 * `wake;dur=1.4;desc="paused"`, `wake;dur=812;desc="suspended", memory;desc="new"`, `claim;dur=3.2` or `cold;dur=812`;
 * milliseconds, at most one decimal. A session that was there before and does not say `memory` has the memory that it had.
 */
export function serverTiming(wait: WaitKind, waitedMs: number): string {
  const dur = `dur=${Math.max(0, Math.round(waitedMs * 10) / 10)}`;
  if (wait.kind !== 'wake') return `${wait.kind};${dur}`;
  if (wait.from === 'creating') return `cold;${dur}`;
  const memory = wait.newMemory ? ', memory;desc="new"' : '';
  return `wake;${dur};desc="${sleeps[wait.from] ?? 'paused'}"${memory}`;
}
