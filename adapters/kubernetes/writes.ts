// What the driver writes to the API server: makes, changes and deletes the objects of one sandbox. Owns preconditions.
// Does not own when, nor marks and claims (marking.ts). Invariant: a write that comes late does nothing, for it is of the object as
// it was when it was ordered; what has the same name by then is left alone.
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import type { Cluster } from './client.ts';
import { ApiRefusal, isNotFound, isRefusal } from './cluster-failures.ts';
import { fieldManager } from './marking.ts';
import { refusedWords, type Pod } from './pod-state.ts';
import type { SandboxBook } from './sandbox-book.ts';
import { identityOf, sandboxObject, type Made, type SandboxObject } from './sandbox-object.ts';
import { startFailure } from './starting.ts';

export interface WritesDeps extends Made {
  readonly cluster: Cluster;
  readonly book: SandboxBook;
}

interface Change {
  readonly metadata?: object;
  readonly spec?: object;
}

/** agent-sandbox writes to the same objects. */
const TRIES = 5;
/** What is thrown away needs no time to say goodbye. */
const GRACE_SECONDS = 1;

export class Writes {
  readonly #deps: WritesDeps;

  constructor(deps: WritesDeps) {
    this.#deps = deps;
  }

  /** The object, new or made before. Rejects with SANDBOX_START_FAILED when the API server refuses it. */
  async create(spec: SandboxSpec): Promise<SandboxObject> {
    const { cluster, book } = this.#deps;
    try {
      const object = await cluster.create(sandboxObject(spec, this.#deps), { fieldManager });
      book.learn(object);
      return object;
    } catch (fault) {
      if (!(fault instanceof ApiRefusal)) throw fault;
      const made = fault.reason === 'AlreadyExists' ? await book.find(spec.id) : undefined;
      if (made) return made;
      throw startFailure(refusedWords(fault.message) ?? fault.message);
    }
  }

  async patch(object: SandboxObject, change: Change, left = TRIES): Promise<void> {
    const { cluster, book } = this.#deps;
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const which = identityOf(name, namespace);
    const body = { ...change, metadata: { ...change.metadata, uid, resourceVersion } };
    try {
      book.learn(await cluster.patch<SandboxObject>(which, body, { fieldManager }));
    } catch (fault) {
      const now =
        isRefusal(fault, 'Conflict') && left > 1 ? await cluster.read<SandboxObject>(which) : undefined;
      if (!now || now.metadata.uid !== uid) throw fault;
      await this.patch(now, change, left - 1);
    }
  }

  /** `Suspended` has no pod. */
  async setMode(object: SandboxObject, operatingMode: 'Running' | 'Suspended'): Promise<void> {
    if ((object.spec.operatingMode ?? 'Running') !== operatingMode)
      await this.patch(object, { spec: { operatingMode } });
  }

  async remove({ metadata: { name, namespace, uid } }: SandboxObject): Promise<void> {
    const which = identityOf(name, namespace);
    await this.#deps.cluster.remove(which, uid === undefined ? {} : { uid }).catch(ignoreOthers);
  }

  async removePod({ metadata: { name, namespace, uid } }: Pod): Promise<void> {
    const which = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } };
    await this.#deps.cluster.remove(which, { uid, graceSeconds: GRACE_SECONDS }).catch(ignoreOthers);
  }
}

/** What has that name now is not what was meant. */
const ignoreOthers = (fault: unknown): boolean => {
  if (isRefusal(fault, 'Conflict') || isNotFound(fault)) return false;
  throw fault;
};
