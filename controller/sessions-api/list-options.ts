// The parameters of Kubernetes-style reads as sessions have them: what is selected, which page, which form, whether it is a watch.
// Does not own what a selection means (core/selection.ts). Parameters that only tune another server's caches are passed over.
import type { Request } from 'express';
import { PlatformError } from '../../model/errors.ts';
import type { Form } from './core/accept.ts';
import { parseFields, parseLabels, type Selection } from './core/selection.ts';
import type { Presentation, RowObject } from './core/table.ts';
import type { WatchOrder } from './watch.ts';

/** Where a page goes on: after which session, and as of which version the list began. */
export interface PageStart {
  readonly after: string;
  readonly version: string;
}

const text = (request: Request, name: string): string => {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
};

const isSet = (request: Request, name: string): boolean => !/^(false|0|)$/i.test(text(request, name));

const count = (request: Request, name: string): number | undefined => {
  const value = text(request, name);
  if (value === '') return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new PlatformError('INVALID_REQUEST', `${name}: ${JSON.stringify(value)} is not a number`);
};

/** Which sessions are asked for. Throws INVALID_REQUEST. */
export const selectionOf = (request: Request, namespace?: string): Selection => ({
  ...(namespace !== undefined && { namespace }),
  labels: parseLabels(text(request, 'labelSelector')),
  fields: parseFields(text(request, 'fieldSelector')),
});

const rowObjects: readonly RowObject[] = ['None', 'Metadata', 'Object'];

/** How the answer is to look. */
export const presentationOf = (request: Request, form: Form): Presentation => ({
  form,
  rowObject: rowObjects.find((one) => one === text(request, 'includeObject')) ?? 'Metadata',
});

/** The token is opaque to clients. */
export const tokenOf = ({ after, version }: PageStart): string =>
  Buffer.from(`${version} ${after}`).toString('base64url');

/** The page asked for; `limit` undefined means all. Throws INVALID_REQUEST. */
export function pageOf(request: Request): { readonly limit?: number; readonly start?: PageStart } {
  const limit = count(request, 'limit');
  const token = text(request, 'continue');
  const [version = '', after = ''] = Buffer.from(token, 'base64url').toString().split(' ', 2);
  if (token !== '' && after === '')
    throw new PlatformError('INVALID_REQUEST', 'continue: not a token of this list');
  return {
    ...(limit !== undefined && limit > 0 && { limit }),
    ...(token !== '' && { start: { after, version } }),
  };
}

export const asksToWatch = (request: Request): boolean => isSet(request, 'watch');

/** Dry runs change nothing and answer as if. */
export const isDryRun = (request: Request): boolean => text(request, 'dryRun') !== '';

export interface WatchStart {
  /** Begins with all there are; else with what changed since `version`. */
  readonly all: boolean;
  /** Says when those were all. */
  readonly sayWhenAll: boolean;
  readonly version: string;
}

/** Where a watch begins: at what is now, unless at a version. */
export function watchStartOf(request: Request): WatchStart {
  const version = text(request, 'resourceVersion');
  const sayWhenAll = isSet(request, 'sendInitialEvents');
  return { all: sayWhenAll || version === '' || version === '0', sayWhenAll, version };
}

/** Watches of many clients do not end all at once. */
const defaultWatchMs = 30 * 60_000;
const spreadMs = 30 * 60_000;

/** What is watched, and for how long. `chance` is in [0, 1). Throws INVALID_REQUEST. */
export function watchOrderOf(
  request: Request,
  selection: Selection,
  presentation: Presentation,
  chance: number,
): WatchOrder {
  const seconds = count(request, 'timeoutSeconds');
  return {
    selection,
    presentation,
    bookmarks: isSet(request, 'allowWatchBookmarks'),
    forMs:
      seconds === undefined || seconds === 0
        ? defaultWatchMs + chance * spreadMs
        : Math.min(seconds * 1000, 2 ** 31 - 1),
  };
}
