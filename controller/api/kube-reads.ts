// What answers reads of a Kubernetes-style resource: one object, a list of a page or all, and a watch.
// Does not own the paths (kube-routes.ts), what is kept (kube-resources.ts), nor the forms of answers (kube-forms.ts).
import type { Request, Response } from 'express';
import type { Clock } from '../../model/clock.ts';
import { apiVersionOf, type ResourceKind } from '../../model/resource.ts';
import { noSuchObject } from '../core/object-errors.ts';
import { selects, type Selection } from '../core/selection.ts';
import { about } from './errors.ts';
import { columnsOf } from './kube-columns.ts';
import { Forms, type KubeObject, type ListMeta, type Shape } from './kube-forms.ts';
import {
  asksToWatch,
  listOptionsOf,
  readListQuery,
  tokenOf,
  watchOptionsOf,
  type ListOptions,
} from './kube-query.ts';
import { expired, tooLarge } from './kube-refusal.ts';
import type { KubeResource } from './kube-resources.ts';
import type { Watches } from './kube-watch.ts';
import { param, type Route } from './route.ts';

export interface ReadDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly watches: Watches;
}

export interface ObjectKey {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
}

/** The object that a path names; any error of this answer names it from now on. */
export function keyOf(kind: ResourceKind, request: Request, response: Response): ObjectKey {
  const key = { kind, namespace: param(request, 'namespace'), name: param(request, 'name') };
  about(response, { kind, name: key.name });
  return key;
}

const shapeOf = (kind: ResourceKind): Shape => ({
  apiVersion: apiVersionOf(kind),
  kind,
  columns: columnsOf(kind),
});

/** A version that is asked for must be one that is, or was: what is answered is always the newest. */
function checkVersion({ version, exact, start }: ListOptions, current: string): void {
  if (version === '' || version === '0' || start) return;
  if (Number(version) > Number(current)) throw tooLarge(version, current);
  if (exact && version !== current) throw expired(version, current);
}

const placeOf = ({ metadata: { namespace = '', name } }: Listed): string => `${namespace}/${name}`;

interface Listed extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly namespace?: string | undefined };
}

/** The part of a list that is asked for, and what it says of the rest. Items are in order of namespace and name. */
export function pageOf<T extends Listed>(
  items: readonly T[],
  { limit = Infinity, start }: ListOptions,
  current: string,
): { readonly page: readonly T[]; readonly meta: ListMeta } {
  const from = start ? items.filter((item) => placeOf(item) > start.after) : items;
  const page = from.slice(0, limit);
  const resourceVersion = start?.version ?? current;
  const last = page.at(-1);
  if (page.length === from.length || !last) return { page, meta: { resourceVersion } };
  const next = tokenOf({ after: placeOf(last), version: resourceVersion });
  return { page, meta: { resourceVersion, continue: next, remainingItemCount: from.length - page.length } };
}

const selectionOf = (request: Request): Selection => {
  const { namespace } = request.params;
  return readListQuery(request, namespace === undefined ? undefined : String(namespace));
};

/** The handlers of one kind. */
export function readHandlers(
  kept: KubeResource,
  { clock, watches }: ReadDeps,
): Readonly<Record<'list' | 'get', Route['handle']>> {
  const { kind } = kept;
  const shape = shapeOf(kind);
  const formsOf = (request: Request): Forms => new Forms(request, shape, () => clock.now());

  function watch(request: Request, response: Response): void {
    const forms = formsOf(request);
    const selection = selectionOf(request);
    const all = (): ReturnType<KubeResource['list']> => kept.list(selection);
    const isSelected = (object: Parameters<typeof selects>[1] & { kind: string }): boolean =>
      object.kind === kind && selects(selection, object);
    const options = watchOptionsOf(request, Math.random());
    watches.open({ changes: kept.changes, selects: isSelected, all, forms, options }, response);
  }

  return {
    list(request: Request, response: Response): void {
      if (asksToWatch(request)) return watch(request, response);
      const forms = formsOf(request);
      const options = listOptionsOf(request);
      const { items, resourceVersion } = kept.list(selectionOf(request));
      checkVersion(options, resourceVersion);
      const { page, meta } = pageOf(items, options, resourceVersion);
      forms.answer(response, forms.list(page, meta));
    },
    get(request: Request, response: Response): void {
      const key = keyOf(kind, request, response);
      const forms = formsOf(request);
      const object = kept.get(key);
      if (!object) throw noSuchObject(key);
      forms.answer(response, forms.one(object));
    },
  };
}
