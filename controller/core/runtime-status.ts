// The `status` of a runtime: is it accepted, is its pool as wanted, and what revision is it. Decides only.
// Does not own the pool: it is told how the pool stands.
import type { Condition, Status } from '../../model/metadata.ts';
import type { Runtime } from '../../model/runtime.ts';
import { withCondition } from './conditions.ts';

/** How a runtime's pool stands, as the pools report it. */
export interface PoolFacts {
  readonly wanted: number;
  readonly ready: number;
  readonly trouble?: string;
}

export type Verdict =
  | { readonly accepted: true; readonly revision: string; readonly pool: PoolFacts }
  /** Kept, but not served. `reason` is one word, as Kubernetes wants it. */
  | { readonly accepted: false; readonly reason: string; readonly message: string };

/** A condition without its type, time and generation. */
export type Told = Pick<Condition, 'status' | 'reason' | 'message'>;

const acceptance = (verdict: Verdict): Told =>
  verdict.accepted
    ? { status: 'True', reason: 'Valid', message: 'the runtime is valid and its image is known' }
    : { status: 'False', reason: verdict.reason, message: verdict.message };

/** Whether the pool is as wanted. The text of a filled pool is AgentCube's own. */
export function readiness(kind: Runtime['kind'], verdict: Verdict): Told {
  if (!verdict.accepted) return { status: 'False', reason: 'NotAccepted', message: verdict.message };
  const { wanted, ready, trouble } = verdict.pool;
  if (ready >= wanted) return { status: 'True', reason: 'Reconciled', message: `${kind} is ready` };
  const count = `${ready} of ${wanted} warm sandboxes are ready`;
  if (trouble === undefined) return { status: 'False', reason: 'PoolFilling', message: count };
  return { status: 'False', reason: 'PoolShort', message: `${count}: ${trouble}` };
}

/** The runtime with its status brought up to date; spec and metadata stay. `now` is ms since the epoch. */
export function withStatus<R extends Runtime>(runtime: R, verdict: Verdict, now: number): R {
  const observedGeneration = runtime.metadata.generation ?? 1;
  const ready = readiness(runtime.kind, verdict);
  const accepted = { type: 'Accepted', ...acceptance(verdict), observedGeneration };
  const conditions = withCondition(
    withCondition(runtime.status?.conditions ?? [], accepted, now),
    { type: 'Ready', ...ready, observedGeneration },
    now,
  );
  const status: Status = {
    conditions,
    ready: ready.status === 'True',
    ...(verdict.accepted && { revision: verdict.revision }),
  };
  return { ...runtime, status };
}
