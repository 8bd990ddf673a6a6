// Owns: which request means what, as PicoD's Gin router decides: decoded paths, 404 for a wrong method as for a wrong path,
// redirects for a slash too many. Pure. Does not own: answering, or /health
// itself (daemon.ts).

/** What is asked of the API; paths are decoded. */
export type ApiCall =
  | { kind: 'execute' }
  | { kind: 'upload' }
  | { kind: 'list'; path: string }
  | { kind: 'download'; path: string };
export type Route =
  | { kind: 'api'; call: ApiCall }
  | { kind: 'redirect'; location: string }
  | { kind: 'unknown' }
  | { kind: 'malformed' };

const api = (call: ApiCall): Route => ({ kind: 'api', call });

const API = new Set(['POST /api/execute', 'POST /api/files', 'GET /api/files']);
const HEALTH = 'GET /health';
const DOWNLOAD = '/api/files/';

function decodePath(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    // Not UTF-8, or not an escape at all: Go keeps the bytes of the former and refuses only the latter.
    return /%(?![0-9a-fA-F]{2})/.test(raw) ? undefined : Buffer.from(unescapeBytes(raw), 'latin1').toString();
  }
}

const unescapeBytes = (raw: string): string =>
  raw.replace(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function findCall(key: string, query: string): Route {
  switch (key) {
    case 'POST /api/execute':
      return api({ kind: 'execute' });
    case 'POST /api/files':
      return api({ kind: 'upload' });
    default:
      return api({ kind: 'list', path: new URLSearchParams(query).get('path') ?? '' });
  }
}

/** @param target the request line's target; an absolute URL is taken by its path. */
export function findRoute(method: string, target: string): Route {
  const local = target.replace(/^https?:\/\/[^/?#]*/i, '');
  const [rawPath = '', ...queries] = local.split('?');
  const path = decodePath(rawPath);
  if (path === undefined) return { kind: 'malformed' };
  const query = queries.join('?');
  const key = `${method} ${path}`;
  if (API.has(key)) return findCall(key, query);
  if (method === 'GET' && path.startsWith(DOWNLOAD))
    return api({ kind: 'download', path: path.slice(DOWNLOAD.length) });
  const shorter = path.endsWith('/') ? key.slice(0, -1) : '';
  if (shorter === HEALTH || API.has(shorter)) {
    return { kind: 'redirect', location: rawPath.slice(0, -1) + (query === '' ? '' : `?${query}`) };
  }
  return { kind: 'unknown' };
}
