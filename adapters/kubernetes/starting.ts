// Waits until one sandbox takes requests, or until it is plain that it never will. Owns the limits of patience.
// Does not own making the object (driver.ts) nor what the words mean (pod-state.ts).
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import type { EntryPoint, SandboxRef } from '../../model/sandbox.ts';
import type { WorkloadPort } from '../../model/workload.ts';
import { listens } from './listening.ts';
import { isReady, refusedPod, runOf, startTrouble, unschedulable, type Pod } from './pod-state.ts';
import type { Entry, SandboxBook } from './sandbox-book.ts';

export interface Patience {
  /** A start that takes longer has failed (ms). */
  readonly startMs: number;
  /** A pod that no node takes may wait so long: nodes may be on their way (ms). */
  readonly unschedulableMs: number;
}

export interface StartingDeps {
  readonly book: SandboxBook;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Port of the node agents. */
  readonly agentPort: number;
}

export const startFailure = (reason: string): PlatformError =>
  new PlatformError('SANDBOX_START_FAILED', 'the sandbox did not start', { reason });

const startTimeout = (reason: string): PlatformError =>
  new PlatformError('SANDBOX_START_TIMEOUT', 'the sandbox was not ready in time', { reason });

const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Base URL of the agent on a pod's node. */
export const agentUrl = (hostIP: string, port: number): string => `http://${hostOf(hostIP)}:${port}`;

interface Doors {
  readonly id: string;
  readonly name: string;
  readonly ports: readonly WorkloadPort[];
}

/** The doors of a sandbox in this pod, and where it is thawed. A pod without an address has none. */
export function refOf({ id, name, ports }: Doors, pod: Pod, agentPort: number): SandboxRef {
  const { podIP, hostIP } = pod.status ?? {};
  const entryPoints = ports.map(({ path, protocol, port }): EntryPoint => ({
    path,
    protocol,
    endpoint: `${hostOf(podIP ?? '')}:${port}`,
  }));
  const place = hostIP !== undefined && { agent: agentUrl(hostIP, agentPort), pod: pod.metadata.uid };
  return { id, name, entryPoints: podIP === undefined ? [] : entryPoints, ...(place && { place }) };
}

type Seen = { readonly ready: Pod } | { readonly trouble: string } | { readonly unplaced: string };

/** `over` is a run that has ended, and counts no more. */
function seenIn({ object, pod }: Entry, over: string | undefined): Seen | undefined {
  if (!object) return { trouble: 'its Sandbox was deleted' };
  if (!pod) {
    const refused = refusedPod(object);
    return refused === undefined ? undefined : { trouble: refused };
  }
  if (pod.metadata.deletionTimestamp !== undefined || runOf(pod) === over) return undefined;
  if (isReady(pod)) return { ready: pod };
  const trouble = startTrouble(pod);
  if (trouble !== undefined) return { trouble };
  const unplaced = unschedulable(pod);
  return unplaced === undefined ? undefined : { unplaced };
}

/** What is still missing, for whoever waited in vain. */
function missing({ pod }: Entry, over: string | undefined): string {
  if (!pod) return 'there is no pod yet';
  if (runOf(pod) === over) return 'what was there before is still ending';
  const { containerStatuses = [], phase = 'new' } = pod.status ?? {};
  const late = containerStatuses.find(({ ready }) => ready !== true);
  if (!late) return `the pod is ${phase}`;
  const { reason, message } = late.state?.waiting ?? {};
  if (reason === undefined) return `container ${late.name} is not ready`;
  return [`container ${late.name} waits: ${reason}`, message].filter(Boolean).join(': ');
}

const interrupted = (signal: AbortSignal): void => {
  if (signal.aborted) throw startFailure('it was stopped meanwhile');
};

/**
 * The pod when it takes requests. Rejects with SANDBOX_START_FAILED as soon as that cannot be any more, with
 * SANDBOX_START_TIMEOUT when it took too long.
 */
export async function awaitReady(
  deps: StartingDeps,
  spec: SandboxSpec,
  signal: AbortSignal,
  over?: string,
): Promise<Pod> {
  const { clock, patience } = deps;
  const until = clock.monotonic() + patience.startMs;
  for (;;) {
    const pod = await podReady(deps, spec, { until, signal, over });
    const { readinessProbe, startupProbe } = spec.workload.pod.spec.containers[0] ?? {};
    if (readinessProbe !== undefined || startupProbe !== undefined) return pod;
    if (await portListens(deps, spec, pod, { until, signal })) return pod;
    interrupted(signal);
    if (clock.monotonic() < until) continue;
    const port = portOf(spec);
    throw startTimeout(`not ready after ${patience.startMs / 1000} s: nothing listens on port ${port}`);
  }
}

const portOf = ({ workload: { readiness, ports } }: SandboxSpec): number =>
  'port' in readiness ? readiness.port : (ports[0]?.port ?? 8080);

interface Limits {
  readonly until: number;
  readonly signal: AbortSignal;
  readonly over?: string | undefined;
}

async function podReady(
  deps: StartingDeps,
  { id }: SandboxSpec,
  { until, signal, over }: Limits,
): Promise<Pod> {
  const { book, clock, patience } = deps;
  const left = (): number => Math.max(0, until - clock.monotonic());
  for (;;) {
    const seen = await book.until(id, left(), (entry) => seenIn(entry, over), signal);
    interrupted(signal);
    if (seen === undefined) {
      throw startTimeout(`not ready after ${patience.startMs / 1000} s: ${missing(book.get(id), over)}`);
    }
    if ('ready' in seen) return seen.ready;
    if ('trouble' in seen) throw startFailure(seen.trouble);
    const placed = ({ pod }: Entry): true | undefined =>
      pod === undefined || unschedulable(pod) === undefined ? true : undefined;
    const wait = Math.min(left(), patience.unschedulableMs);
    if (!(await book.until(id, wait, placed, signal)) && !signal.aborted) throw startFailure(seen.unplaced);
  }
}

/** False when the pod is no longer the one that was ready, or time is up. */
async function portListens(
  { book, clock }: StartingDeps,
  spec: SandboxSpec,
  pod: Pod,
  { until, signal }: Limits,
): Promise<boolean> {
  const where = { host: pod.status?.podIP ?? '', port: portOf(spec) };
  const changed = (): boolean => {
    const now = book.get(spec.id).pod;
    return !now || !isReady(now) || runOf(now) !== runOf(pod);
  };
  return listens(where, clock, () => signal.aborted || changed() || clock.monotonic() >= until);
}
