// Owns: which session a request belongs to. The platform's token names it on each request; the header only where the caller sent it.
// The token is not verified: nobody but the platform reaches a sandbox's ports, and it takes callers' tokens off.

/** The header in which sessions are named. */
export const sessionHeader = 'x-agentcube-session-id';

function claimOf(authorization: string | undefined): string | undefined {
  const [, payload] = /^Bearer [^.]+\.([^.]+)\.[^.]*$/i.exec(authorization ?? '') ?? [];
  if (payload === undefined) return undefined;
  try {
    const { session_id: id } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
      session_id?: unknown;
    };
    return typeof id === 'string' && id !== '' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** The session's id; undefined when neither names one. */
export function sessionIdOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const { authorization, [sessionHeader]: named } = headers;
  return (
    claimOf(typeof authorization === 'string' ? authorization : undefined) ??
    (typeof named === 'string' && named !== '' ? named : undefined)
  );
}
