// Tokens of an issuer: which are believed, and which are not. The issuer is a real server with keys of its own.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { base64url, SignJWT, UnsecuredJWT } from 'jose';
import { OidcIssuer } from '../../test/support/oidc-issuer.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import type { CallerTokens } from '../../activator/guard.ts';
import { openOidc } from './oidc.ts';

const now = 1_700_000_000;
const clock = manualClock(now * 1_000);
let issuer: OidcIssuer;
let tokens: CallerTokens;

const open = (audience = 'agentcube-api') =>
  openOidc({ issuer: issuer.url, audience, roleClaim: 'realm_access.roles', clock });
const good = () => ({ iss: issuer.url, aud: 'agentcube-api', sub: 'alice', exp: now + 300 });

beforeEach(async () => {
  issuer = await OidcIssuer.start();
  tokens = await open();
});
afterEach(() => issuer.stop());

test('a good token tells who it is, its roles, and until when it is good', async () => {
  const token = await issuer.token({
    ...good(),
    email: 'alice@example.com',
    realm_access: { roles: ['sandbox:invoke'] },
  });
  expect(await tokens.identityOf(token)).toEqual({
    identity: { subject: 'alice', email: 'alice@example.com', roles: ['sandbox:invoke'] },
    until: (now + 300) * 1_000,
  });
});

test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
  '%s is taken',
  async (algorithm) => {
    await issuer.rotate(algorithm);
    expect(await tokens.identityOf(await issuer.token(good()))).toBeDefined();
  },
);

describe('a token is taken', () => {
  test.each([
    ['for several audiences', { aud: ['other', 'agentcube-api'] }],
    ['that expired less than the leeway ago', { exp: now - 29 }],
    ['that is good in less than the leeway', { nbf: now + 29 }],
  ])('%s', async (_, claims) => {
    expect(await tokens.identityOf(await issuer.token({ ...good(), ...claims }))).toBeDefined();
  });

  test('for anybody, where no audience is asked for', async () => {
    const lax = await open('');
    expect(await lax.identityOf(await issuer.token({ ...good(), aud: 'other' }))).toBeDefined();
  });
});

describe('a token is not believed', () => {
  test.each([
    ['of another issuer', { iss: 'https://id.example' }],
    ['of the issuer with a slash more', { iss: 'slash' }],
    ['for another audience', { aud: 'other' }],
    ['for nobody', { aud: undefined }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['that never expires', { exp: undefined }],
    ['that expired', { exp: now - 31 }],
    ['that is not good yet', { nbf: now + 31 }],
  ])('%s', async (_, claims) => {
    const said = { ...good(), ...claims };
    const token = await issuer.token(said.iss === 'slash' ? { ...said, iss: `${issuer.url}/` } : said);
    expect(await tokens.identityOf(token)).toBeUndefined();
  });

  test('without a signature', async () => {
    const unsigned = new UnsecuredJWT(good()).encode();
    expect(await tokens.identityOf(unsigned)).toBeUndefined();
    const [head, body] = (await issuer.token(good())).split('.');
    expect(await tokens.identityOf(`${head}.${body}.`)).toBeUndefined();
  });

  test('signed by what the issuer publishes, as if that were a shared secret', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(issuer.publicJwk));
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const forged = await new SignJWT(good()).setProtectedHeader({ alg, kid: 'key-1' }).sign(secret);
      expect(await tokens.identityOf(forged)).toBeUndefined();
    }
  });

  test('that brings a key of its own', async () => {
    const stranger = await OidcIssuer.start();
    const token = await stranger.token(good());
    await stranger.stop();
    expect(await tokens.identityOf(token)).toBeUndefined();
    const [, body, signature] = token.split('.');
    const head = base64url.encode(JSON.stringify({ alg: 'RS256', jwk: stranger.publicJwk }));
    expect(await tokens.identityOf(`${head}.${body}.${signature}`)).toBeUndefined();
  });

  test.each(['', 'x', 'a.b.c', '..', 'e30.e30.e30', 'a'.repeat(20_000)])(
    'when it is none: %.20s',
    async (text) => {
      expect(await tokens.identityOf(text)).toBeUndefined();
    },
  );
});

describe('keys', () => {
  test('that are new are fetched when a token names one', async () => {
    await tokens.identityOf(await issuer.token(good()));
    await issuer.rotate('RS256', 1);
    const rotated = await open();
    expect(await rotated.identityOf(await issuer.token(good()))).toBeDefined();
  });

  test('are fetched once for many tokens', async () => {
    const token = await issuer.token(good());
    await Promise.all(Array.from({ length: 20 }, () => tokens.identityOf(token)));
    expect(issuer.asked).toBe(1);
  });

  test('that cannot be fetched are no verdict on the token', async () => {
    const token = await issuer.token(good());
    issuer.away = true;
    await expect(tokens.identityOf(token)).rejects.toMatchObject({ code: 'IDENTITY_PROVIDER_UNAVAILABLE' });
    issuer.away = false;
    expect(await tokens.identityOf(token)).toBeDefined();
  });
});

describe('an issuer is refused at the start', () => {
  const refusal = (message: RegExp) => ({
    code: 'IDENTITY_PROVIDER_UNAVAILABLE',
    message: expect.stringMatching(message),
  });

  test('that does not answer', async () => {
    issuer.away = true;
    await expect(open()).rejects.toMatchObject(refusal(/answered 503/));
    const rules = { audience: '', roleClaim: 'roles', clock };
    await expect(openOidc({ ...rules, issuer: 'http://127.0.0.1:9' })).rejects.toMatchObject(
      refusal(/cannot be reached/),
    );
  });

  test('that is another one', async () => {
    issuer.alias = 'https://id.example';
    await expect(open()).rejects.toMatchObject(refusal(/is of the issuer "https:\/\/id.example"/));
  });
});
