// Tokens for sandboxes, in the form that AgentCube 0.1's router gives PicoD: RS256 with exp, iat, iss and session_id.
// A token is bound to one session. Signing costs a millisecond, so tokens are kept until shortly before they expire.
import { SignJWT } from 'jose';
import type { Signer } from '../../activator/http-caller.ts';
import type { Clock } from '../../model/clock.ts';
import type { Identity } from '../../model/identity.ts';
import type { SigningKey } from './key.ts';

export interface SignerOptions {
  readonly key: SigningKey;
  readonly clock: Clock;
  /** How many tokens are kept; the one that was used longest ago goes first. */
  readonly capacity?: number;
}

export const issuer = 'agentcube-router';
const lifetimeMs = 300_000;
/** A token is not handed out in its last minute: the sandbox's clock may be ahead, and the request may wait. */
const renewBeforeMs = 60_000;

interface Kept {
  readonly token: string;
  readonly until: number;
}

export interface LocalSigner extends Signer {
  /** PKIX, PEM: what a sandbox verifies tokens with. */
  readonly publicKeyPem: string;
}

/** As AgentCube's router names the user, where users say who they are. */
const userClaims = (user: Identity | undefined) =>
  user && { user_sub: user.subject, ...(user.email !== undefined && { user_email: user.email }) };

/** A signer whose `tokenFor` answers at once while a token is kept; otherwise it signs, once however many ask. */
export function createSigner({ key, clock, capacity = 10_000 }: SignerOptions): LocalSigner {
  const { privateKey, publicPem: publicKeyPem } = key;
  const kept = new Map<string, Kept>();
  const signing = new Map<string, Promise<string>>();

  async function sign(sessionId: string, user: Identity | undefined, name: string): Promise<string> {
    const now = clock.now();
    const iat = Math.floor(now / 1_000);
    const claims = {
      exp: iat + lifetimeMs / 1_000,
      iat,
      iss: issuer,
      session_id: sessionId,
      ...userClaims(user),
    };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(privateKey);
    keep(name, { token, until: now + lifetimeMs - renewBeforeMs });
    return token;
  }

  function keep(name: string, entry: Kept): void {
    kept.delete(name);
    kept.set(name, entry);
    const oldest = kept.size > capacity ? kept.keys().next() : undefined;
    if (oldest && !oldest.done) kept.delete(oldest.value);
  }

  return {
    publicKeyPem,
    tokenFor(sessionId, user) {
      const name = user ? JSON.stringify([sessionId, user.subject, user.email]) : sessionId;
      const found = kept.get(name);
      if (found && found.until > clock.now()) return found.token;
      const underWay = signing.get(name);
      if (underWay) return underWay;
      const signed = sign(sessionId, user, name).finally(() => signing.delete(name));
      signing.set(name, signed);
      return signed;
    },
  };
}
