// Whose a new session is to be: nobody's, or the user that a trusted caller names in a header of AgentCube's. The token in it is
// checked, whoever sends it. Does not own how (a port), nor what an owner may do.
import type { Request } from 'express';
import { PlatformError } from '../../model/errors.ts';

export interface OwnerTokens {
  /** Undefined when the token is not to be believed. Never rejects. */
  ownerOf(token: string): Promise<string | undefined>;
}

const header = 'x-agentcube-user-identity';

/** Undefined for a caller that names nobody. Rejects with UNAUTHORIZED, in AgentCube's words. */
export async function ownerOf(
  request: Request,
  tokens: OwnerTokens | undefined,
): Promise<string | undefined> {
  const token = request.get(header);
  if (token === undefined || token === '') return undefined;
  const owner = await tokens?.ownerOf(token);
  if (owner === undefined) throw new PlatformError('UNAUTHORIZED', 'invalid identity token');
  return owner;
}
