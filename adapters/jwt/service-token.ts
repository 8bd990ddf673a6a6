// Tokens by which the platform's programs prove to each other who they are: RS256 by the platform's key, with an audience.
// The audience keeps them apart from the tokens that sandboxes are shown (signer.ts), which have none: code in a sandbox that
// keeps its token gains nothing by it. Signing costs a millisecond, so one token serves until shortly before it expires.
import { SignJWT } from 'jose';
import type { Clock } from '../../model/clock.ts';
import type { SigningKey } from './key.ts';
import { issuer } from './signer.ts';

export interface ServiceTokenOptions {
  readonly key: SigningKey;
  readonly clock: Pick<Clock, 'now'>;
  /** Who the tokens are for. */
  readonly audience: string;
}

const lifetimeMs = 300_000;
/** Clocks of two machines differ, and a request may wait. */
const renewBeforeMs = 120_000;

/** Answers a token that is good for two more minutes at least; signed once however many ask. */
export function createServiceTokens({ key, clock, audience }: ServiceTokenOptions): () => Promise<string> {
  let kept: { readonly token: Promise<string>; readonly until: number } | undefined;
  const sign = (now: number): Promise<string> => {
    const iat = Math.floor(now / 1_000);
    const claims = { iss: issuer, aud: audience, iat, exp: iat + lifetimeMs / 1_000 };
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(key.privateKey);
  };
  return () => {
    const now = clock.now();
    if (!kept || now >= kept.until) kept = { token: sign(now), until: now + lifetimeMs - renewBeforeMs };
    return kept.token;
  };
}
