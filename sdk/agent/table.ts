// Owns: which route a method and path mean. Pure. Paths without `*` win, then those with fewer names, then those that were written first.
import type { CheckedRoute, EventRoute, Route, Routes, SocketRoute } from './definition.ts';

/** A route in one shape, whatever the author wrote. */
export type KnownRoute = ({ readonly kind: 'http' } & CheckedRoute) | EventRoute | SocketRoute;

interface Line {
  readonly method: string;
  readonly path: RegExp;
  readonly vagueness: number;
  readonly route: KnownRoute;
}

/** What a request line means. */
export type Match =
  | { readonly kind: 'found'; readonly route: KnownRoute; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'otherMethod'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' };

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const known = (route: Route): KnownRoute => {
  if (typeof route === 'function') return { kind: 'http', handle: route };
  return 'kind' in route ? route : { kind: 'http', ...route };
};

const escaped = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');

/** `/files/:name` and `/static/*` as a regular expression with named groups. */
const pattern = (path: string): RegExp =>
  new RegExp(
    `^${path
      .split('/')
      .map((part) => {
        if (part === '*') return '(?<rest>.*)';
        return /^:[A-Za-z_]\w*$/.test(part) ? `(?<${part.slice(1)}>[^/]+)` : escaped(part);
      })
      .join('/')}$`,
  );

/** A rest is vaguer than any number of names. */
const vaguenessOf = (path: string): number => (path.endsWith('/*') ? 1_000 : 0) + path.split('/:').length;

function lineOf(key: string, written: Route): Line {
  const route = known(written);
  const [method, path] = key.includes(' ')
    ? (key.split(/\s+/, 2) as [string, string])
    : [route.kind === 'socket' ? 'GET' : 'POST', key];
  if (!methods.includes(method))
    throw new TypeError(`route "${key}": ${method} is none of ${methods.join(', ')}`);
  if (!path.startsWith('/')) throw new TypeError(`route "${key}": a path begins with /`);
  return { method, path: pattern(path), vagueness: vaguenessOf(path), route };
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const paramsIn = (groups: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(groups ?? {}).map(([name, value]) => [name, decoded(value)]));

/** Finds routes. Throws a TypeError for one that cannot be meant. */
export function routeTable(routes: Routes): (method: string, path: string) => Match {
  const lines = Object.entries(routes)
    .map(([key, route]) => lineOf(key, route))
    .sort((a, b) => a.vagueness - b.vagueness);
  return (method, path) => {
    const fitting = lines.filter((line) => line.path.test(path));
    const wanted = (name: string): Line | undefined => fitting.find((line) => line.method === name);
    const line = wanted(method) ?? (method === 'HEAD' ? wanted('GET') : undefined);
    if (line) return { kind: 'found', route: line.route, params: paramsIn(line.path.exec(path)?.groups) };
    if (fitting.length === 0) return { kind: 'none' };
    return { kind: 'otherMethod', allowed: [...new Set(fitting.map((one) => one.method))] };
  };
}
