// What answers writes of a Kubernetes-style resource: create, replace, patch, delete.
// Does not own what a write does (kube-resources.ts) nor the paths (kube-routes.ts).
import type { Request, Response } from 'express';
import { deletedStatus, warningHeader } from '../core/kube-status.ts';
import { about } from './errors.ts';
import { nameIn, readBody, readMergePatch } from './kube-body.ts';
import { checkWrite } from './kube-query.ts';
import { keyOf } from './kube-reads.ts';
import type { KubeResource, WrittenObject } from './kube-resources.ts';
import { param, type Route } from './route.ts';

function answer(response: Response, status: number, { object, warnings }: WrittenObject): void {
  for (const warning of warnings) response.append('Warning', warningHeader(warning));
  response.status(status).json(object);
}

type Handle = Route['handle'];

/** The handlers of one kind. Each says what it is about first, so that any error names it. */
export function writeHandlers(
  kept: KubeResource,
): Readonly<Record<'create' | 'replace' | 'patch' | 'remove', Handle>> {
  const { kind } = kept;
  return {
    async create(request: Request, response: Response): Promise<void> {
      about(response, { kind });
      checkWrite(request);
      const body = readBody(request);
      const name = nameIn(body);
      about(response, { kind, ...(name !== undefined && { name }) });
      const expected = { kind, namespace: param(request, 'namespace') };
      answer(response, 201, await kept.create(body, expected));
    },
    async replace(request: Request, response: Response): Promise<void> {
      const key = keyOf(kind, request, response);
      checkWrite(request);
      answer(response, 200, await kept.replace(readBody(request), key));
    },
    async patch(request: Request, response: Response): Promise<void> {
      const key = keyOf(kind, request, response);
      checkWrite(request);
      answer(response, 200, await kept.patch(key, readMergePatch(request)));
    },
    async remove(request: Request, response: Response): Promise<void> {
      const key = keyOf(kind, request, response);
      checkWrite(request);
      const { uid } = await kept.remove(key);
      response.json(deletedStatus(kind, key.name, uid));
    },
  };
}
