// The `status` of a runtime: is it accepted, is its pool as wanted, and what revision is it. Decides only.
// Does not own the pool: it is told how the pool stands.
import type { Condition, Status } from '../../model/metadata.ts';
import type { DeployedRuntime } from '../../model/platform.ts';
import type { Runtime } from '../../model/runtime.ts';
import { withCondition } from './conditions.ts';
import { sleeping } from './sleep-status.ts';
import { leastReady, scaled, toldScaling, type ScaledPool } from './scaling-status.ts';

/** How a runtime's pool stands, as the pools report it. */
export interface PoolFacts extends ScaledPool {
  readonly wanted: number;
}

export type Served = Pick<DeployedRuntime, 'revision' | 'warmPoolSize' | 'scaling'>;

export type Verdict =
  | { readonly accepted: true; readonly runtime: Served; readonly pool: PoolFacts }
  /** Kept, but not served. `reason` is one word, as Kubernetes wants it. */
  | { readonly accepted: false; readonly reason: string; readonly message: string };

/** How many of its sessions have a sandbox that runs or starts, and how many sleep. */
interface Sessions {
  readonly active: number;
  readonly asleep: number;
}

/** A condition without its type, time and generation. */
export type Told = Pick<Condition, 'status' | 'reason' | 'message'>;

const acceptance = (verdict: Verdict): Told =>
  verdict.accepted
    ? { status: 'True', reason: 'Valid', message: 'the runtime is valid' }
    : { status: 'False', reason: verdict.reason, message: verdict.message };

/** Whether the pool is as wanted. The text of a filled pool is AgentCube's own. */
export function readiness(kind: Runtime['kind'], verdict: Verdict): Told {
  if (!verdict.accepted) return { status: 'False', reason: 'NotAccepted', message: verdict.message };
  const { wanted, ready, trouble, target } = verdict.pool;
  const least = trouble === undefined ? leastReady(verdict.runtime, wanted, target) : wanted;
  if (ready >= least) return { status: 'True', reason: 'Reconciled', message: `${kind} is ready` };
  const count = `${ready} of ${least} warm sandboxes are ready`;
  if (trouble === undefined) return { status: 'False', reason: 'PoolFilling', message: count };
  return { status: 'False', reason: 'PoolShort', message: `${count}: ${trouble}` };
}

/** The sandboxes of one machine have nobody who takes a sleeping one for dead. */
const sleepOf = ({ spec }: Runtime): Told => sleeping({ never: spec.pauseAfter === 'never', because: [] });

/** Conditions that only some runtimes have. */
const sometimes: ReadonlySet<string> = new Set(['Scaled', 'Sleeps']);

const inOrder = (conditions: readonly Condition[]): Condition[] =>
  conditions.toSorted((one, other) => (one.type < other.type ? -1 : 1));

/** The runtime with its status brought up to date; spec and metadata stay. `now` is ms since the epoch. */
export function withStatus<R extends Runtime>(
  runtime: R,
  verdict: Verdict,
  now: number,
  sessions?: Sessions,
): R {
  const observedGeneration = runtime.metadata.generation ?? 1;
  const ready = readiness(runtime.kind, verdict);
  const scaling = verdict.accepted ? scaled(verdict.runtime, verdict.pool) : undefined;
  const told = [
    { type: 'Accepted', ...acceptance(verdict) },
    { type: 'Ready', ...ready },
    ...(scaling ? [{ type: 'Scaled', ...scaling }] : []),
    ...(verdict.accepted ? [{ type: 'Sleeps', ...sleepOf(runtime) }] : []),
  ];
  const before = runtime.status?.conditions ?? [];
  // Whoever does not ask for a size any more is not told of one.
  const types = new Set(told.map(({ type }) => type));
  const kept = before.filter(({ type }) => types.has(type) || !sometimes.has(type));
  const status: Status = {
    conditions: inOrder(
      told.reduce<Condition[]>(
        (conditions, one) => withCondition(conditions, { ...one, observedGeneration }, now),
        [...kept],
      ),
    ),
    ready: ready.status === 'True',
    observedGeneration,
    ...(verdict.accepted && {
      revision: verdict.runtime.revision,
      scaling: toldScaling(verdict.runtime, verdict.pool),
    }),
    warm: verdict.accepted ? verdict.pool.ready : 0,
    wanted: verdict.accepted ? verdict.pool.wanted : 0,
    ...sessions,
  };
  return { ...runtime, status };
}
