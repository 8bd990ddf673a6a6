// Writes what the platform tells of an object into its `status`, with a field manager of its own. Does not own what is told.
import type { ToldStatus } from '../../model/told-status.ts';
import type { Cluster } from './client.ts';
import { asClusterFailure, isNotFound, isRefusal } from './cluster-failures.ts';

const fieldManager = 'agentcube-controller';

export interface ToldObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** With its uid the API server refuses when it is another object of that name. */
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly status: ToldStatus;
}

/** `gone`: there is no such object any more, and nothing was written. Rejects with CLUSTER_UNAVAILABLE. */
export async function tellStatus(cluster: Cluster, object: ToldObject): Promise<'told' | 'gone'> {
  try {
    await cluster.apply(object, { fieldManager, subresource: 'status' });
    return 'told';
  } catch (fault) {
    if (isNotFound(fault) || isRefusal(fault, 'Conflict')) return 'gone';
    throw asClusterFailure(fault);
  }
}
