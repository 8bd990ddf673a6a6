// Writes on a sandbox's object whose it is: the session's labels, the end of its time, and by what it is held: its claim where
// agent-sandbox knows claims, else nobody. Owns doing so once. Does not own when (the controller asks in the background).
// Invariant: two writes of ours per session with a claim, one without; what was written is not written again.
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { SessionMark } from '../../model/sandbox-spec.ts';
import type { Cluster } from './client.ts';
import { clusterFault, isNotFound, isRefusal } from './cluster-failures.ts';
import type { ObjectMeta } from './objects.ts';
import type { SandboxBook } from './sandbox-book.ts';
import {
  claimApiVersion,
  claimedPatch,
  claimObject,
  identityOf,
  markIn,
  specIn,
  type ClaimObject,
  type SandboxObject,
} from './sandbox-object.ts';

export const fieldManager = 'agentcube-controller';

/** `auto`: where agent-sandbox's extensions are installed. */
export type ClaimsSetting = 'auto' | 'on' | 'off';

interface Groups {
  readonly resources: readonly { readonly name: string }[];
}

/** Whether claims are to be made. Rejects with CLUSTER_UNAVAILABLE when it must be asked and cannot be. */
export async function claimsWanted(cluster: Cluster, setting: ClaimsSetting): Promise<boolean> {
  if (setting !== 'auto') return setting === 'on';
  try {
    const { resources } = await cluster.request<Groups>({ method: 'GET', path: `/apis/${claimApiVersion}` });
    return resources.some(({ name }) => name === 'sandboxclaims');
  } catch (fault) {
    if (isNotFound(fault)) return false;
    throw fault;
  }
}

export interface MarkerDeps {
  readonly cluster: Cluster;
  readonly book: SandboxBook;
  readonly claims: boolean;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export const gone = (reason: string): PlatformError =>
  new PlatformError('SANDBOX_CRASHED', 'there is no such sandbox', { reason });

const others = (): PlatformError =>
  new PlatformError('SESSION_STATE', 'the sandbox belongs to another session', { reason: 'marked' });

export class Marker {
  readonly #deps: MarkerDeps;
  #toldNoClaims = false;

  constructor(deps: MarkerDeps) {
    this.#deps = deps;
  }

  /** `run`: which one was verified. Rejects with SANDBOX_CRASHED (its object is gone), SESSION_STATE (it is another's) or CLUSTER_UNAVAILABLE. */
  async mark(id: string, mark: SessionMark, run: string | undefined): Promise<void> {
    const { book } = this.#deps;
    const object = await book.find(id);
    if (!object || object.metadata.deletionTimestamp !== undefined) throw gone('its Sandbox is gone');
    const owner = markIn(object);
    if (owner && owner.id !== mark.id) throw others();
    if (owner && JSON.stringify(owner) === JSON.stringify(mark)) return;
    await this.#write(object, mark, run);
  }

  /** Deletes the claim of a sandbox, if it has one. */
  async release({ metadata }: SandboxObject): Promise<void> {
    for (const { kind, name, uid } of metadata.ownerReferences ?? [])
      if (kind === 'SandboxClaim') await this.#removeClaim(name, metadata.namespace, uid);
  }

  async #write(object: SandboxObject, mark: SessionMark, run: string | undefined): Promise<void> {
    const { cluster, book } = this.#deps;
    const { name, namespace, uid } = object.metadata;
    const claim = await this.#claimOf(object, mark);
    try {
      const patch = claimedPatch(mark, run, claim);
      // The uid makes sure that it is the very object that was looked at.
      const body = { ...patch, metadata: { ...patch.metadata, uid } };
      book.learn(await cluster.patch<SandboxObject>(identityOf(name, namespace), body, { fieldManager }));
    } catch (fault) {
      if (!isNotFound(fault) && !isRefusal(fault, 'Conflict')) throw clusterFault(fault);
      // It was deleted meanwhile, by somebody who knew of no claim.
      if (claim?.name !== undefined) await this.#removeClaim(claim.name, namespace, claim.uid);
      throw gone('its Sandbox is gone');
    }
  }

  async #removeClaim(name: string, namespace: string, uid: string | undefined): Promise<void> {
    const which = { ...{ apiVersion: claimApiVersion, kind: 'SandboxClaim' }, metadata: { name, namespace } };
    await this.#deps.cluster.remove(which, uid === undefined ? {} : { uid }).catch((fault: unknown) => {
      // One of the same name that is not ours.
      if (!isRefusal(fault, 'Conflict')) throw fault;
    });
  }

  async #claimOf(object: SandboxObject, mark: SessionMark): Promise<ObjectMeta | undefined> {
    const spec = specIn(object);
    if (!this.#deps.claims || !spec || spec.workload.uid === '') return undefined;
    const claim = claimObject(spec, mark, this.#deps.clock.now());
    const { cluster } = this.#deps;
    try {
      return (await cluster.create<ClaimObject>(claim, { fieldManager })).metadata;
    } catch (fault) {
      if (isRefusal(fault, 'AlreadyExists')) return (await cluster.read<ClaimObject>(claim))?.metadata;
      const known = clusterFault(fault);
      if (known instanceof PlatformError) throw known;
      // The claim is for those who look; the session does not need it.
      if (!this.#toldNoClaims)
        this.#deps.log('a claim was refused; sandboxes go without', { why: known.message });
      this.#toldNoClaims = true;
      return undefined;
    }
  }
}
