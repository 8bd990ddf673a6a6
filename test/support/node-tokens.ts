// Tokens as the platform shows them to node agents, and worse ones; with a key of the test's own.
import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';

export interface TokenKey {
  /** PKIX, PEM. */
  readonly publicPem: string;
  /** A good token at `nowMs`, but for what is given: claims replace, `undefined` leaves out. */
  token(nowMs: number, claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

/** A new key. */
export function tokenKey(): TokenKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    token(nowMs, claims = {}) {
      const iat = Math.floor(nowMs / 1_000);
      const good = { iat, exp: iat + 300, iss: 'agentcube-router', aud: 'agentcube-node-agent' };
      return new SignJWT({ ...good, ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
        .sign(privateKey);
    },
  };
}
