// Owns: who may use this daemon: bearer tokens signed with the platform's key and, once a session is known, only its own
// (S1: a sandbox serves at most one session in its life). Does not own: token rules (jwt.ts).
// Nothing is persisted: a restarted daemon learns its session again, from its environment or the first token.
import type { KeyObject } from 'node:crypto';
import { crypto } from './builtins.ts';
import { LEEWAY_MS, verifyToken } from './jwt.ts';
import type { Claims, VerifySignature, Verified } from './jwt.ts';
import type { Reply } from './reply.ts';
import { unauthorized } from './reply.ts';

/** Tokens live five minutes and one session has one signer: a handful is alive at a time. */
const MAX_REMEMBERED = 64;

/** Answers undefined to a request that may pass, otherwise the 401 to give. */
export type Authorize = (authorization: string | undefined) => Reply | undefined;

/** Checks signatures with the given PEM (SPKI) key, which is parsed when first needed. */
export function signatureVerifier(pem: string): VerifySignature {
  let key: KeyObject | undefined;
  return (algorithm, signed, signature) => {
    key ??= crypto().createPublicKey(pem);
    return crypto().verify(`RSA-SHA${algorithm.slice(2)}`, Buffer.from(signed), key, signature);
  };
}

const invalid = (reason: string): Reply =>
  unauthorized('Invalid token', `JWT verification failed: ${reason}`);

/** Remembers verified tokens until they expire, at most MAX_REMEMBERED of them, the oldest forgotten first. */
function rememberTokens(verify: VerifySignature, now: () => number): (token: string) => Verified {
  const known = new Map<string, Claims>();
  return (token) => {
    const claims = known.get(token);
    if (claims !== undefined && now() < claims.expiresAt + LEEWAY_MS) return { ok: true, claims };
    known.delete(token);
    const verified = verifyToken(token, verify, now());
    if (!verified.ok) return verified;
    const oldest = known.size >= MAX_REMEMBERED ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    known.set(token, verified.claims);
    return verified;
  };
}

/**
 * Makes the check for /api. The header is exactly `Bearer <token>`: case-sensitive, one space.
 * @param boundSession the session this sandbox belongs to; if undefined, the first valid token that names one decides.
 * @param now milliseconds since epoch.
 */
export function createAuthorize(
  verify: VerifySignature,
  boundSession: string | undefined,
  now: () => number,
): Authorize {
  const check = rememberTokens(verify, now);
  let session = boundSession;
  return (authorization) => {
    if (authorization === undefined || authorization === '') {
      return unauthorized('Missing Authorization header', 'Request requires JWT authentication');
    }
    const [scheme, token, ...more] = authorization.split(' ');
    if (scheme !== 'Bearer' || token === undefined || more.length > 0) {
      return unauthorized('Invalid Authorization header format', 'Use Bearer <token>');
    }
    const verified = check(token);
    if (!verified.ok) return invalid(verified.reason);
    session ??= verified.claims.sessionId;
    return session === verified.claims.sessionId ? undefined : invalid('token belongs to another session');
  };
}
