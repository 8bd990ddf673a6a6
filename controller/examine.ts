// What the platform makes of a runtime: its workload, the image that would run, and the revision that follows from both.
// Does not own keeping or storing runtimes (registry.ts).
import { createHash } from 'node:crypto';
import { PlatformError } from '../model/errors.ts';
import type { DeployedRuntime } from '../model/platform.ts';
import { validateRuntime } from '../model/problem.ts';
import { runtimeApiVersion, type Runtime } from '../model/runtime.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import { revisionInput, workloadOf, type Workload } from '../model/workload.ts';
import { unknownImage } from './core/object-errors.ts';
import { counts } from './core/passed-on.ts';
import type { Verdict } from './core/runtime-status.ts';
import type { Deployment, PoolStatus } from './deployments.ts';
import type { Images } from './driver.ts';
import type { ResourceKey } from './resource-store.ts';

/** Why a stored runtime is not served: a word for its condition, and a sentence. */
export interface Refused {
  readonly reason: 'Invalid' | 'UnknownImage' | 'Deleting';
  readonly message: string;
}

export type Examined = { readonly deployment: Deployment } | { readonly refused: Refused };

/** The kind, namespace and name of a runtime. */
export const keyOf = ({ kind, metadata }: Runtime): RuntimeKey => ({
  kind,
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
});

const imagePath = {
  AgentRuntime: 'spec.podTemplate.spec.containers[0].image',
  CodeInterpreter: 'spec.template.image',
} as const;

const revisionLength = 10;

/** Ten hex digits: equal when sandboxes of one would serve the other. */
const revisionOf = (runtime: Runtime, digest: string): string =>
  createHash('sha256')
    .update(`${digest}\n${revisionInput(runtime)}`)
    .digest('hex')
    .slice(0, revisionLength);

function deployedOf(runtime: Runtime, workload: Workload, revision: string): DeployedRuntime {
  const { labels, policy, warmPoolSize, scaling, memoryBytes } = workload;
  return {
    ...{ key: keyOf(runtime), revision, labels, policy, warmPoolSize },
    ...(scaling && { scaling }),
    ...(memoryBytes !== undefined && { memoryBytes }),
  };
}

/**
 * Looks the image of a valid runtime up and says what would run. An unknown image throws UNKNOWN_IMAGE, or with `keep`
 * is answered as refused; so is one that is being deleted. Rejects as the driver's image table does.
 */
export async function examine(
  runtime: Runtime,
  images: Images,
  unknown: 'throw' | 'keep' = 'throw',
): Promise<Examined> {
  if (runtime.metadata.deletionTimestamp !== undefined)
    return { refused: { reason: 'Deleting', message: 'it is being deleted' } };
  const workload = workloadOf(runtime);
  const { image } = workload.container;
  const found = await images.resolve(image);
  if ('known' in found) {
    const error = unknownImage(imagePath[runtime.kind], image, found.known);
    if (unknown === 'throw') throw error;
    return { refused: { reason: 'UnknownImage', message: error.message } };
  }
  const deployed = deployedOf(runtime, workload, revisionOf(runtime, found.digest));
  return { deployment: { runtime: deployed, workload } };
}

/** How many warm sandboxes a runtime wants and of what revision; none of none while it is refused. */
export const poolOf = (examined: Examined): { readonly wanted: number; readonly revision: string } =>
  'deployment' in examined
    ? { wanted: examined.deployment.runtime.warmPoolSize, revision: examined.deployment.runtime.revision }
    : { wanted: 0, revision: `refused: ${examined.refused.message}` };

/** What is to be told of a runtime in its status. */
export const verdictOf = (examined: Examined, pool: PoolStatus): Verdict =>
  'deployment' in examined
    ? { accepted: true, runtime: examined.deployment.runtime, pool }
    : { accepted: false, ...examined.refused };

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new PlatformError('INTERNAL', 'the stored text is not JSON');
  }
}

/** A row of the store as a runtime; one that is no longer valid comes back as it is, with what is wrong. Never throws. */
export function readStored(row: ResourceKey & { readonly json: string }): {
  runtime: Runtime;
  refused?: Refused;
} {
  const nameless = {
    apiVersion: runtimeApiVersion,
    kind: row.kind,
    metadata: { name: row.name, namespace: row.namespace },
  };
  try {
    const value = parsed(row.json);
    const checked = validateRuntime(value, undefined, counts);
    if (checked.ok) return { runtime: checked.runtime };
    const message = checked.problems
      .map((one) => `${one.path}: ${one.message} (expected ${one.expected})`)
      .join('; ');
    return {
      runtime: { ...nameless, ...(value as object) } as Runtime,
      refused: { reason: 'Invalid', message },
    };
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault);
    return {
      runtime: { ...nameless, spec: {} } as unknown as Runtime,
      refused: { reason: 'Invalid', message },
    };
  }
}
