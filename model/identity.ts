// Who calls, and what that allows: AgentCube 0.1's rules for the callers of its router, in its words. Decides; asks nobody.
// Somebody else's session is answered as one that does not exist, so that nobody learns which ids are taken.
import { PlatformError } from './errors.ts';

/** A caller whose token was believed. */
export interface Identity {
  /** The token's `sub`: owns the sessions that it opens. */
  readonly subject: string;
  readonly email?: string;
  readonly roles: readonly string[];
}

/** Whoever has this role may use every session. */
const admin = 'admin';

const refused = (message: string): PlatformError => new PlatformError('UNAUTHORIZED', message);

/** The token of an Authorization header. Throws UNAUTHORIZED; the scheme's case does not matter (RFC 9110 11.1). */
export function bearerIn(header: string | undefined): string {
  if (header === undefined || header === '') throw refused('missing authorization header');
  const [scheme = '', ...rest] = header.split(' ');
  if (scheme.toLowerCase() !== 'bearer' || rest.length === 0)
    throw refused('invalid authorization header format');
  const token = rest.join(' ').trim();
  if (token === '') throw refused('empty bearer token');
  return token;
}

export const notBelieved = (): PlatformError => refused('invalid or expired token');

/** Why this caller may not call at all; undefined when it may. Whoever is admin may. */
export function lackOf({ roles }: Identity, requiredRole: string): PlatformError | undefined {
  if (roles.includes(requiredRole) || roles.includes(admin)) return undefined;
  return new PlatformError('FORBIDDEN', `insufficient permissions: missing role ${requiredRole}`);
}

/** Whether a session answers to this caller. `undefined` is the platform itself, or everybody where nobody says who it is. */
export const owns = (identity: Identity | undefined, ownerId: string | undefined): boolean =>
  identity === undefined ||
  identity.roles.includes(admin) ||
  (ownerId !== undefined && ownerId === identity.subject);

/**
 * The roles in a token: `path` is the name of a claim, or names with dots between them, one inside the other
 * (`realm_access.roles`). What is no list of texts is no roles.
 */
export function rolesIn(claims: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const found = Object.hasOwn(claims, path) ? claims[path] : inside(claims, path.split('.'));
  return Array.isArray(found) && found.every((role) => typeof role === 'string') ? found : [];
}

function inside(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return inside((value as Record<string, unknown>)[name], rest);
}
