// Owns: what makes a token acceptable: its form, algorithm, signature and times, refused in the words PicoD's JWT library
// uses. Does not own: who it is for, or remembering it (auth.ts). Pure but for the signature check that is passed in.

export type Algorithm = 'RS256' | 'RS384' | 'RS512';
export type VerifySignature = (algorithm: Algorithm, signed: string, signature: Buffer) => boolean;

export interface Claims {
  readonly sessionId: string | undefined;
  /** Milliseconds since epoch, leeway not included. */
  readonly expiresAt: number;
}
export type Verified = { ok: true; claims: Claims } | { ok: false; reason: string };

/** PicoD's leeway for clocks that differ. */
export const LEEWAY_MS = 60_000;
const ALGORITHMS: readonly string[] = ['RS256', 'RS384', 'RS512'] satisfies Algorithm[];

const refused = (reason: string): Verified => ({ ok: false, reason });

function decodeObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A NumericDate in milliseconds; undefined when absent, NaN when it is no number. */
const dateMs = (value: unknown): number | undefined =>
  value === undefined || value === null ? undefined : typeof value === 'number' ? value * 1000 : Number.NaN;

/** Everything wrong with the times, in the order the library reports it. A NaN fails every comparison, hence the negations. */
function timeProblems(claims: Record<string, unknown>, now: number): string[] {
  const expires = dateMs(claims['exp']);
  const notBefore = dateMs(claims['nbf']);
  const issued = dateMs(claims['iat']);
  const problems: string[] = [];
  if (expires === undefined) problems.push('token is missing required claim: exp claim is required');
  else if (!(now < expires + LEEWAY_MS)) problems.push('token is expired');
  if (notBefore !== undefined && !(now >= notBefore - LEEWAY_MS)) problems.push('token is not valid yet');
  if (issued !== undefined && !(now >= issued - LEEWAY_MS)) problems.push('token used before issued');
  return problems;
}

/**
 * Checks a compact JWT. `exp` is required, `nbf` and `iat` are checked when present, with 60 s leeway.
 * @param now milliseconds since epoch.
 */
export function verifyToken(token: string, verify: VerifySignature, now: number): Verified {
  const parts = token.split('.');
  if (parts.length !== 3) return refused('token is malformed: token contains an invalid number of segments');
  const [headerPart, claimsPart, signaturePart] = parts as [string, string, string];
  const header = decodeObject(headerPart);
  if (header === undefined) return refused('token is malformed: could not JSON decode header');
  const claims = decodeObject(claimsPart);
  if (claims === undefined) return refused('token is malformed: could not JSON decode claim');
  const algorithm = String(header['alg']);
  if (!ALGORITHMS.includes(algorithm)) {
    return refused(`token signature is invalid: signing method ${algorithm} is invalid`);
  }
  const signature = Buffer.from(signaturePart, 'base64url');
  if (!verify(algorithm as Algorithm, `${headerPart}.${claimsPart}`, signature)) {
    return refused('token signature is invalid: crypto/rsa: verification error');
  }
  const problems = timeProblems(claims, now);
  if (problems.length > 0) return refused(`token has invalid claims: ${problems.join(', ')}`);
  const sessionId = claims['session_id'];
  return {
    ok: true,
    claims: {
      sessionId: typeof sessionId === 'string' && sessionId !== '' ? sessionId : undefined,
      expiresAt: dateMs(claims['exp']) ?? 0,
    },
  };
}
