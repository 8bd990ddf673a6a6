import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createAuthorize, signatureVerifier } from './auth.ts';

const now = Date.parse('2026-08-01T10:00:00Z');
const at = (offsetSeconds: number): number => now / 1000 + offsetSeconds;

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const keys = pair();
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(claims: object, alg = 'RS256', key = keys.privateKey): string {
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${sign(`RSA-SHA${alg.slice(2)}`, Buffer.from(signed), key).toString('base64url')}`;
}

const authorize = (session?: string, clock = () => now) =>
  createAuthorize(signatureVerifier(keys.publicKey), session, clock);
const reason = (header: string | undefined, session?: string): unknown => {
  const reply = authorize(session)(header);
  return reply === undefined
    ? undefined
    : { status: reply.status, ...(JSON.parse(reply.body as string) as object) };
};
const refusal = (error: string, detail: string) => ({ status: 401, error, code: 401, detail });
const invalid = (why: string) => refusal('Invalid token', `JWT verification failed: ${why}`);

describe('the Authorization header', () => {
  test.each([undefined, ''])('missing: %s', (header) => {
    expect(reason(header)).toEqual(
      refusal('Missing Authorization header', 'Request requires JWT authentication'),
    );
  });
  test.each(['bearer x', 'Bearer', 'Basic x', 'Bearer  x', 'Bearer x y'])('%s has a wrong form', (header) => {
    expect(reason(header)).toEqual(refusal('Invalid Authorization header format', 'Use Bearer <token>'));
  });
});

describe('the token', () => {
  test.each(['RS256', 'RS384', 'RS512'])('%s is accepted', (alg) => {
    expect(reason(`Bearer ${token({ exp: at(300) }, alg)}`)).toBeUndefined();
  });
  test('times have a leeway of a minute', () => {
    expect(reason(`Bearer ${token({ exp: at(-59), iat: at(59), nbf: at(59) })}`)).toBeUndefined();
  });
  test.each([
    [{ exp: at(-61) }, 'token has invalid claims: token is expired'],
    [{ exp: at(9), nbf: at(61) }, 'token has invalid claims: token is not valid yet'],
    [{ exp: at(9), iat: at(61) }, 'token has invalid claims: token used before issued'],
    [{}, 'token has invalid claims: token is missing required claim: exp claim is required'],
    [{ exp: 'never' }, 'token has invalid claims: token is expired'],
  ])('%j is refused', (claims, why) => {
    expect(reason(`Bearer ${token(claims)}`)).toEqual(invalid(why));
  });
  test('a foreign signature is refused', () => {
    const foreign = token({ exp: at(300) }, 'RS256', pair().privateKey);
    expect(reason(`Bearer ${foreign}`)).toEqual(
      invalid('token signature is invalid: crypto/rsa: verification error'),
    );
  });
  test.each(['HS256', 'none', 'PS256', 'ES256'])('the algorithm %s is refused', (alg) => {
    const forged = `${encode({ alg })}.${encode({ exp: at(300) })}.AAAA`;
    expect(reason(`Bearer ${forged}`)).toEqual(
      invalid(`token signature is invalid: signing method ${alg} is invalid`),
    );
  });
  test.each([
    ['abc', 'token is malformed: token contains an invalid number of segments'],
    ['a.b.c', 'token is malformed: could not JSON decode header'],
    [`${encode({ alg: 'RS256' })}.b.c`, 'token is malformed: could not JSON decode claim'],
  ])('%s is malformed', (text, why) => {
    expect(reason(`Bearer ${text}`)).toEqual(invalid(why));
  });
  test('a remembered token is forgotten when it expires', () => {
    let clock = now;
    const check = authorize(undefined, () => clock);
    const header = `Bearer ${token({ exp: at(300) })}`;
    expect(check(header)).toBeUndefined();
    clock = now + 301_000;
    expect(check(header)).toBeUndefined();
    clock = now + 361_000;
    expect(check(header)?.status).toBe(401);
  });
});

describe('S1: a sandbox serves one session', () => {
  const of = (session: string | undefined) => `Bearer ${token({ exp: at(300), session_id: session })}`;
  const foreign = invalid('token belongs to another session');

  test('a known session accepts only its own tokens', () => {
    expect(reason(of('mine'), 'mine')).toBeUndefined();
    expect(reason(of('other'), 'mine')).toEqual(foreign);
    expect(reason(of(undefined), 'mine')).toEqual(foreign);
  });
  test('otherwise the first valid token that names one decides', () => {
    const check = authorize();
    expect(check(of(undefined))).toBeUndefined();
    expect(check(of('first'))).toBeUndefined();
    expect(check(of('second'))?.status).toBe(401);
    expect(check(of(undefined))?.status).toBe(401);
    expect(check(of('first'))).toBeUndefined();
  });
});
