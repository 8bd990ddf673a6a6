// Tokens of an OpenID Connect issuer, checked as AgentCube 0.1's router does: signature by the issuer's published keys, issuer,
// audience, times with 30 s of leeway, and a subject. Discovery once, at the start (OpenID Connect Discovery 1.0, section 4);
// keys are fetched anew when a token names one that is not known (jose). Does not own what a role allows.
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Believed, CallerTokens } from '../../activator/guard.ts';
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import { rolesIn } from '../../model/identity.ts';

export interface OidcOptions {
  /** As it stands in tokens; discovery is below it. */
  readonly issuer: string;
  /** Empty: tokens for anybody are taken. */
  readonly audience: string;
  /** Where in a token the roles are, see rolesIn. */
  readonly roleClaim: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** No shared secrets, and never `none`: what is published must not be what signs. */
const algorithms = ['RS', 'ES', 'PS'].flatMap((family) => [256, 384, 512].map((bits) => `${family}${bits}`));
algorithms.push('EdDSA', 'Ed25519');

const leewaySeconds = 30;
const discoveryMs = 10_000;
/** A flood of tokens with unknown keys asks the issuer no more often than this (ms). */
const cooldownMs = 1_000;

const away = (message: string): PlatformError => new PlatformError('IDENTITY_PROVIDER_UNAVAILABLE', message);

const whyOf = (fault: unknown): string => {
  const { message, cause } = fault instanceof Error ? fault : new Error(String(fault));
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};

/** Where the issuer publishes its keys. Rejects with IDENTITY_PROVIDER_UNAVAILABLE, saying what was asked and what came. */
async function discover(issuer: string): Promise<URL> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(discoveryMs) }).catch((fault: unknown) => {
    throw away(`${url} cannot be reached: ${whyOf(fault)}`);
  });
  const found = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (!answer.ok) throw away(`${url} answered ${answer.status}`);
  if (found['issuer'] !== issuer)
    throw away(`${url} is of the issuer ${JSON.stringify(found['issuer'])}, not ${JSON.stringify(issuer)}`);
  if (typeof found['jwks_uri'] !== 'string' || !URL.canParse(found['jwks_uri']))
    throw away(`${url} does not say where its keys are (jwks_uri)`);
  return new URL(found['jwks_uri']);
}

/** What is wrong with the token itself; anything else is wrong with reaching its issuer. */
const isOfToken = (fault: unknown): boolean =>
  fault instanceof errors.JOSEError &&
  !(fault instanceof errors.JWKSTimeout || fault instanceof errors.JWKSInvalid) &&
  fault.code !== 'ERR_JOSE_GENERIC';

const believed = (claims: JWTPayload, roleClaim: string): Believed | undefined => {
  const { sub, exp, email } = claims;
  if (sub === undefined || sub === '' || exp === undefined) return undefined;
  const roles = rolesIn(claims, roleClaim);
  const known = typeof email === 'string' && email !== '' ? { email } : {};
  return { identity: { subject: sub, roles, ...known }, until: exp * 1_000 };
};

class OidcTokens implements CallerTokens {
  readonly #options: OidcOptions;
  readonly #keys: JWTVerifyGetKey;

  constructor(options: OidcOptions, keys: JWTVerifyGetKey) {
    this.#options = options;
    this.#keys = keys;
  }

  async identityOf(token: string): Promise<Believed | undefined> {
    const { issuer, audience, roleClaim, clock } = this.#options;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms,
        issuer,
        ...(audience !== '' && { audience }),
        clockTolerance: leewaySeconds,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(clock.now()),
      });
      return believed(payload, roleClaim);
    } catch (fault) {
      if (isOfToken(fault)) return undefined;
      throw away(`the keys of ${issuer} cannot be fetched: ${whyOf(fault)}`);
    }
  }
}

/** Rejects with IDENTITY_PROVIDER_UNAVAILABLE when the issuer does not answer, or is another than it should be. */
export async function openOidc(options: OidcOptions): Promise<CallerTokens> {
  const keys = await discover(options.issuer);
  return new OidcTokens(options, createRemoteJWKSet(keys, { cooldownDuration: cooldownMs }));
}
