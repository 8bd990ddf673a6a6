// A driver that tells how long each start of a sandbox took, warm or cold, or that it failed. Everything else is passed on.
// Does not own what follows from it. A failure that says nothing of the runtime is not told: who was asked was not reached,
// or does no more work.
import type { Clock } from '../model/clock.ts';
import { asPlatformError, type ErrorCode } from '../model/errors.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import type { SandboxSpec } from '../model/sandbox-spec.ts';
import type { Freezer, SandboxLifecycle } from './driver.ts';

/** One start of a sandbox that ended. */
export interface MeasuredStart {
  readonly runtime: RuntimeKey;
  readonly revision: string;
  /** `warm`: for a pool; `cold`: a session waits for it. */
  readonly kind: 'warm' | 'cold';
  readonly tookMs: number;
  readonly failed: boolean;
}

const saysNothing: ReadonlySet<ErrorCode> = new Set([
  'CLUSTER_UNAVAILABLE',
  'NODE_UNREACHABLE',
  'NOT_LEADER',
  'SHUTTING_DOWN',
  'STORE_UNAVAILABLE',
]);

const runtimeOf = ({ workload: { kind, namespace, name } }: SandboxSpec): RuntimeKey => ({
  kind,
  namespace,
  name,
});

/** The driver, telling of its starts. */
export function measuredDriver(
  driver: SandboxLifecycle & Freezer,
  clock: Pick<Clock, 'monotonic'>,
  tell: (start: MeasuredStart) => void,
): SandboxLifecycle & Freezer {
  const ended = (spec: SandboxSpec, since: number, failed: boolean): void =>
    tell({
      ...{ runtime: runtimeOf(spec), revision: spec.revision, failed },
      kind: spec.session ? 'cold' : 'warm',
      tookMs: clock.monotonic() - since,
    });
  return {
    async start(spec) {
      const since = clock.monotonic();
      try {
        const sandbox = await driver.start(spec);
        ended(spec, since, false);
        return sandbox;
      } catch (fault) {
        if (!saysNothing.has(asPlatformError(fault).code)) ended(spec, since, true);
        throw fault;
      }
    },
    restart: (id, generation) => driver.restart(id, generation),
    stop: (id, files) => driver.stop(id, files),
    pause: (id, version) => driver.pause(id, version),
    resume: (id, version) => driver.resume(id, version),
    busy: (id) => driver.busy(id),
  };
}
