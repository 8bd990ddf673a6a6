// The query parameters of Kubernetes-style reads: what is selected, which page, as of when, and whether it is a watch.
// Read and refused as an API server does. Does not own what a selection means (core/selection.ts).
import type { Request } from 'express';
import { z } from 'zod';
import { parseFields } from '../core/field-selector.ts';
import { parseLabels } from '../core/label-selector.ts';
import type { Selection } from '../core/selection.ts';
import { badRequest, KubeRefusal } from './kube-refusal.ts';

const flag = z.enum(['true', 'false', '1', '0']).optional();

export const listParams = z.object({
  labelSelector: z
    .string()
    .optional()
    .describe('key=value, key!=value, key in (a, b), key, !key; all must match'),
  fieldSelector: z.string().optional().describe('metadata.name=…, metadata.namespace=…'),
  limit: z.int().optional().describe('how many at most; the list then tells where to continue'),
  continue: z.string().optional().describe('of the page before'),
  resourceVersion: z
    .string()
    .optional()
    .describe('of a list: at least as new as; of a watch: what changed after'),
  resourceVersionMatch: z.enum(['NotOlderThan', 'Exact']).optional(),
  watch: flag.describe('answers a stream of changes, one JSON object a line'),
  allowWatchBookmarks: flag.describe('of a watch: says now and then how far it is'),
  sendInitialEvents: flag.describe('of a watch: begins with all there are, and says when those were all'),
  timeoutSeconds: z.int().optional().describe('of a watch: how long it lasts'),
});

const text = (request: Request, name: string): string => {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
};

const isSet = (request: Request, name: string): boolean =>
  request.query[name] !== undefined && !/^(false|0)$/i.test(text(request, name));

function integer(request: Request, name: string): number {
  const value = text(request, name);
  if (value === '') return 0;
  if (/^[-+]?\d+$/.test(value)) return Number(value);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
}

/** Empty where none is given. */
function version(request: Request): string {
  const value = text(request, 'resourceVersion');
  if (/^\d*$/.test(value)) return value;
  const why = `strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`;
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(value)}: ${why}`,
  );
}

/** Which objects a request is about. Throws INVALID_REQUEST. */
export const readListQuery = (request: Request, namespace?: string): Selection => ({
  ...(namespace !== undefined && { namespace }),
  labels: parseLabels(text(request, 'labelSelector')),
  fields: parseFields(text(request, 'fieldSelector')),
});

/** Where a page begins: after which object, in a list as of which version. */
export interface PageStart {
  readonly after: string;
  readonly version: string;
}

export interface ListOptions {
  /** Absent: all. */
  readonly limit?: number;
  readonly start?: PageStart;
  /** Empty where none is asked for. */
  readonly version: string;
  readonly exact: boolean;
}

/** The token is opaque to clients. */
export const tokenOf = ({ after, version: of }: PageStart): string =>
  Buffer.from(JSON.stringify({ v: of, start: after })).toString('base64url');

function startOf(token: string): PageStart {
  try {
    const { v, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
    if (typeof v === 'string' && typeof start === 'string') return { version: v, after: start };
  } catch {
    // Said below, as for any other text.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

export const asksToWatch = (request: Request): boolean => isSet(request, 'watch');

/** Which part of a list is asked for. */
export function listOptionsOf(request: Request): ListOptions {
  const limit = integer(request, 'limit');
  const token = text(request, 'continue');
  return {
    ...(limit > 0 && { limit }),
    ...(token !== '' && { start: startOf(token) }),
    version: version(request),
    exact: text(request, 'resourceVersionMatch') === 'Exact',
  };
}

export interface WatchOptions {
  /** What changed after this; empty: begin with all there are. */
  readonly after: string;
  /** Say when those were all. */
  readonly sayWhenAll: boolean;
  readonly bookmarks: boolean;
  /** How long it lasts (ms). */
  readonly forMs: number;
}

const needsMatch = 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';

function checkInitialEvents(request: Request): void {
  if (text(request, 'resourceVersionMatch') === 'NotOlderThan') return;
  throw new KubeRefusal(
    422,
    'Invalid',
    `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${needsMatch}`,
    {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueForbidden', message: needsMatch, field: 'resourceVersionMatch' }],
    },
  );
}

/** Watches of many clients do not end all at once. */
const leastWatchMs = 30 * 60_000;
const spreadMs = 30 * 60_000;
const longestTimerMs = 2 ** 31 - 1;

/** What a watch is to tell, and for how long. `chance` is in [0, 1). */
export function watchOptionsOf(request: Request, chance: number): WatchOptions {
  const initial = isSet(request, 'sendInitialEvents');
  if (initial) checkInitialEvents(request);
  const seconds = integer(request, 'timeoutSeconds');
  const after = version(request);
  const bookmarks = isSet(request, 'allowWatchBookmarks');
  return {
    after: initial || after === '0' ? '' : after,
    sayWhenAll: initial && bookmarks,
    bookmarks,
    forMs: seconds > 0 ? Math.min(seconds * 1_000, longestTimerMs) : leastWatchMs + chance * spreadMs,
  };
}
