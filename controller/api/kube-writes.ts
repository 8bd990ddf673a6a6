// What answers writes of a Kubernetes-style resource: create, replace, patch, apply, delete, and delete many. A dry run goes the
// same way and stores nothing.
// Does not own what a write makes of an object (kube-change.ts), how it is kept (kube-resources.ts) nor the paths (kube-routes.ts).
import { randomInt } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Clock } from '../../model/clock.ts';
import { apiVersionOf, groupOf, type Resource, type ResourceKind } from '../../model/resource.ts';
import { deletedStatus, warningHeader } from '../core/kube-status.ts';
import { isFields } from '../core/managed-fields/typed.ts';
import { objectExists } from '../core/object-errors.ts';
import { about } from './errors.ts';
import {
  applyPatchType,
  jsonPatchType,
  patchTypeOf,
  readApplied,
  readJsonPatch,
  readMergePatch,
  readObject,
  readOptional,
  type ObjectBody,
} from './kube-body.ts';
import { KubeChange, type ChangePlace } from './kube-change.ts';
import { jsonPatched, mergePatched } from './kube-patch.ts';
import { readListQuery } from './kube-query.ts';
import { keyOf } from './kube-reads.ts';
import { KubeRefusal } from './kube-refusal.ts';
import type { KubeResource, WrittenObject } from './kube-resources.ts';
import {
  deleteOptionsOf,
  writeOptionsOf,
  type DeleteOptions,
  type KubeWriteOptions,
} from './kube-write-options.ts';
import { param, type Route } from './route.ts';

export interface WriteDeps {
  readonly clock: Pick<Clock, 'now'>;
}

type Handle = Route['handle'];
export type WriteHandlers = Readonly<Record<'create' | 'replace' | 'patch' | 'remove' | 'removeAll', Handle>>;

/** As many as an API server appends. */
const generatedLength = 5;
/** Without vowels, so that no word comes out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const longestPrefix = 63 - generatedLength;
/** How often another name is made where one is taken. */
const mostNames = 8;

function answer(
  response: Response,
  status: number,
  { object, warnings }: WrittenObject,
  said: readonly string[],
): void {
  for (const warning of new Set([...said, ...warnings])) response.append('Warning', warningHeader(warning));
  response.status(status).json(object);
}

function generated(prefix: string): string {
  const letters = Array.from({ length: generatedLength }, () => alphabet[randomInt(alphabet.length)]);
  return prefix.slice(0, longestPrefix) + letters.join('');
}

const isTaken = (fault: unknown): boolean =>
  fault instanceof Error &&
  'code' in fault &&
  (fault.code === 'RUNTIME_EXISTS' || fault.code === 'TRIGGER_EXISTS');

const nameIn = ({ value }: ObjectBody): string => {
  const { name } = isFields(value['metadata']) ? value['metadata'] : {};
  return typeof name === 'string' ? name : '';
};

/** Refuses a delete that was meant for another object, or another state of it. */
function checkMeant({ uid, resourceVersion }: DeleteOptions, { kind, metadata }: Resource): void {
  const refuse = (why: string): never => {
    const of = `${kind}.${groupOf(kind)} "${metadata.name}"`;
    const details = { name: metadata.name, group: groupOf(kind), kind };
    throw new KubeRefusal(409, 'Conflict', `Operation cannot be fulfilled on ${of}: ${why}`, details);
  };
  if (uid !== undefined && uid !== metadata.uid)
    refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). ` +
        'The object might have been deleted and then recreated',
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${metadata.resourceVersion}). The object might have been modified`,
    );
}

/** The handlers of one kind. Each says what it is about first, so that any error names it. */
class Writes {
  readonly #kept: KubeResource;
  readonly #deps: WriteDeps;
  readonly #kind: ResourceKind;

  constructor(kept: KubeResource, deps: WriteDeps) {
    this.#kept = kept;
    this.#deps = deps;
    this.#kind = kept.kind;
  }

  async create(request: Request, response: Response): Promise<void> {
    const kind = this.#kind;
    about(response, { kind });
    const options = writeOptionsOf(request, 'CreateOptions');
    const body = readObject(request);
    const name = nameIn(body);
    if (name !== '') about(response, { kind, name });
    const place = { kind, namespace: param(request, 'namespace'), name };
    for (let tries = 1; ; tries += 1) {
      const change = this.#change(place, options);
      const object = change.created(body, (prefix) => generated(prefix));
      const at = { ...place, name: object.metadata.name };
      try {
        answer(response, 201, await this.#put(at, object, options), change.warnings);
        return;
      } catch (fault) {
        if (name !== '' || !isTaken(fault) || tries >= mostNames) throw fault;
      }
    }
  }

  async replace(request: Request, response: Response): Promise<void> {
    const place = keyOf(this.#kind, request, response);
    const options = writeOptionsOf(request, 'UpdateOptions');
    const body = readObject(request);
    const change = this.#change(place, options);
    const written = await this.#kept.write(place, (current) => change.replaced(body, current), options);
    answer(response, 200, written, change.warnings);
  }

  async patch(request: Request, response: Response): Promise<void> {
    const place = keyOf(this.#kind, request, response);
    const type = patchTypeOf(request);
    const options = writeOptionsOf(request, 'PatchOptions', type === applyPatchType);
    const change = this.#change(place, options);
    if (type === applyPatchType)
      return this.#apply(readApplied(request), { place, options, change }, response);
    const patch =
      type === jsonPatchType ? jsonPatched(readJsonPatch(request)) : mergePatched(readMergePatch(request));
    const written = await this.#kept.write(place, (current) => change.patched(patch, current), options);
    answer(response, 200, written, change.warnings);
  }

  async remove(request: Request, response: Response): Promise<void> {
    const { name, ...place } = keyOf(this.#kind, request, response);
    const options = deleteOptionsOf(request, readOptional(request));
    const check = (current: Resource): void => checkMeant(options, current);
    const { object, gone } = await this.#kept.remove({ ...place, name }, { dryRun: options.dryRun, check });
    if (!gone) response.json(object);
    else response.json(deletedStatus(this.#kind, name, object.metadata.uid));
  }

  async removeAll(request: Request, response: Response): Promise<void> {
    const kind = this.#kind;
    about(response, { kind });
    const namespace = param(request, 'namespace');
    const options = deleteOptionsOf(request, readOptional(request));
    const { items, resourceVersion } = this.#kept.list(readListQuery(request, namespace));
    for (const { metadata } of items) await this.#removeOne({ namespace, name: metadata.name }, options);
    const metadata = { resourceVersion };
    response.json({ apiVersion: apiVersionOf(kind), kind: `${kind}List`, metadata, items });
  }

  /** One that went by itself meanwhile is deleted too. */
  async #removeOne(place: { namespace: string; name: string }, options: DeleteOptions): Promise<void> {
    const check = (current: Resource): void => checkMeant(options, current);
    if (this.#kept.get(place)) await this.#kept.remove(place, { dryRun: options.dryRun, check });
  }

  async #apply(
    body: ObjectBody,
    of: { readonly place: ChangePlace; readonly options: KubeWriteOptions; readonly change: KubeChange },
    response: Response,
  ): Promise<void> {
    let isNew = false;
    const applied = (current: Resource | undefined): Resource => {
      isNew = current === undefined;
      return of.change.applied(body, current);
    };
    const written = await this.#kept.write(of.place, applied, of.options);
    answer(response, isNew ? 201 : 200, written, of.change.warnings);
  }

  #put(place: ChangePlace, object: Resource, options: KubeWriteOptions): Promise<WrittenObject> {
    const absent = (current: Resource | undefined): Resource => {
      if (current) throw objectExists(place);
      return object;
    };
    return this.#kept.write(place, absent, options);
  }

  #change(place: ChangePlace, options: KubeWriteOptions): KubeChange {
    return new KubeChange(place, options, this.#deps.clock.now());
  }
}

export function writeHandlers(kept: KubeResource, deps: WriteDeps): WriteHandlers {
  const writes = new Writes(kept, deps);
  return {
    create: (request, response) => writes.create(request, response),
    replace: (request, response) => writes.replace(request, response),
    patch: (request, response) => writes.patch(request, response),
    remove: (request, response) => writes.remove(request, response),
    removeAll: (request, response) => writes.removeAll(request, response),
  };
}
