// The query parameters of Kubernetes-style requests. What would change the meaning of an answer and is not served here
// is refused rather than passed over.
import type { Request } from 'express';
import { z } from 'zod';
import { PlatformError } from '../../model/errors.ts';
import { parseLabelSelector } from '../core/label-selector.ts';
import type { ListQuery } from './kube-resources.ts';

export const listParams = z.object({
  labelSelector: z.string().optional().describe('key=value,key=value; all must match'),
});

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const refuse = (message: string): never => {
  throw new PlatformError('INVALID_REQUEST', message);
};

/** Throws INVALID_REQUEST for a dry run: it must not write, and nothing here tries without writing. */
export function checkWrite(request: Request): void {
  if (text(request.query['dryRun']) !== '') refuse('dryRun is not supported');
}

/** The list that a request asks for. Throws INVALID_REQUEST for a watch, a field selector, or labels by more than equality. */
export function readListQuery(request: Request, namespace?: string): ListQuery {
  if (/^(true|1)$/i.test(text(request.query['watch']))) refuse('watch is not supported');
  if (text(request.query['fieldSelector']) !== '') refuse('fieldSelector is not supported');
  return {
    ...(namespace !== undefined && { namespace }),
    labels: parseLabelSelector(text(request.query['labelSelector'])),
  };
}
