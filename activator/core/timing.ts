// What a wait is called in the answer's Server-Timing header.
import type { StateKind } from '../../model/session.ts';

/** How the request came by its sandbox. */
export type WaitKind =
  | { readonly kind: 'claim' }
  | { readonly kind: 'cold' }
  | { readonly kind: 'wake'; readonly from: StateKind };

const sleeps: Partial<Record<StateKind, string>> = {
  suspending: 'suspended',
  suspended: 'suspended',
  restarting: 'suspended',
};

/** `wake;dur=1.4;desc="paused"`, `claim;dur=3.2` or `cold;dur=812`; milliseconds, at most one decimal. */
export function serverTiming(wait: WaitKind, waitedMs: number): string {
  const dur = `dur=${Math.max(0, Math.round(waitedMs * 10) / 10)}`;
  if (wait.kind !== 'wake') return `${wait.kind};${dur}`;
  if (wait.from === 'creating') return `cold;${dur}`;
  return `wake;${dur};desc="${sleeps[wait.from] ?? 'paused'}"`;
}
