// How many warm sandboxes each runtime is to have. Pure: what is deployed goes in, targets come out.
// The one class of policy there is, `fixed`, holds exactly what the runtime's own YAML asks for.
import type { DeployedRuntime, PoolTarget } from '../../model/platform.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';

/** A target for each runtime, in order of its key. */
export const decide = (runtimes: readonly DeployedRuntime[]): readonly PoolTarget[] =>
  runtimes
    .map(({ key, warmPoolSize }) => ({ runtime: key, size: warmPoolSize }))
    .sort((a, b) => (runtimeKeyText(a.runtime) < runtimeKeyText(b.runtime) ? -1 : 1));

/** Whether they ask for the same; both in order. */
export const sameTargets = (a: readonly PoolTarget[], b: readonly PoolTarget[]): boolean =>
  a.length === b.length &&
  a.every(({ runtime, size }, index) => {
    const other = b[index];
    return other?.size === size && runtimeKeyText(other.runtime) === runtimeKeyText(runtime);
  });
