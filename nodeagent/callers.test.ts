// Who may give orders to a node agent.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { manualClock, type ManualClock } from '../test/support/manual-clock.ts';
import { tokenKey } from '../test/support/node-tokens.ts';
import { Callers } from './callers.ts';

const key = tokenKey();
const other = tokenKey();
let clock: ManualClock;
let pem: string | undefined;
let callers: Callers;

const readKey = (): string => {
  if (pem === undefined) throw new Error('no such file');
  return pem;
};
const check = async (token: string | Promise<string>) => callers.check(`Bearer ${await token}`);
const nowSeconds = (): number => Math.floor(clock.now() / 1_000);

beforeEach(() => {
  clock = manualClock(1_700_000_000_000);
  pem = key.publicPem;
  callers = new Callers({ readKey, clock });
});

test('a token of the platform is known, again and again', async () => {
  const token = await key.token(clock.now());
  expect([await check(token), await check(token)]).toEqual(['known', 'known']);
});

test('a token is known until it expires, give or take thirty seconds for clocks that differ', async () => {
  const token = await key.token(clock.now());
  await check(token);
  await clock.advance(320_000);
  expect(await check(token)).toBe('known');
  await clock.advance(20_000);
  expect(await check(token)).toBe('unknown');
});

describe('not known is', () => {
  test.each([
    ['a token for somebody else', { aud: 'another' }],
    ['a token for a sandbox, which has no audience', { aud: undefined, session_id: 's' }],
    ['another issuer', { iss: 'another' }],
    ['one that never expires', { exp: undefined }],
    ['one that lives for a day', { exp: 1_700_000_000 + 86_400 }],
    ['one that has expired', { exp: 1_700_000_000 - 60 }],
  ])('%s', async (_, claims) => {
    expect(await check(key.token(clock.now(), claims))).toBe('unknown');
  });

  test('another key', async () => expect(await check(other.token(clock.now()))).toBe('unknown'));

  test('no signature', async () => {
    const claims = { iss: 'agentcube-router', aud: 'agentcube-node-agent', exp: nowSeconds() + 60 };
    expect(await check(new UnsecuredJWT(claims).encode())).toBe('unknown');
  });

  test('one that is signed with the public key as if it were a secret', async () => {
    const claims = { iss: 'agentcube-router', aud: 'agentcube-node-agent', exp: nowSeconds() + 60 };
    const forged = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(key.publicPem));
    expect(await check(forged)).toBe('unknown');
  });

  test.each([undefined, '', 'Bearer', 'Bearer a.b', 'Basic YTpi'])('the header %j', async (header) =>
    expect(await callers.check(header)).toBe('unknown'),
  );
});

describe('the key', () => {
  test('may come later; until then nobody is known', async () => {
    pem = undefined;
    callers = new Callers({ readKey, clock });
    expect([callers.ready(), await check(key.token(clock.now()))]).toEqual([false, 'no-key']);
    pem = key.publicPem;
    await clock.advance(1_000);
    expect([callers.ready(), await check(key.token(clock.now()))]).toEqual([true, 'known']);
  });

  test('may be replaced; then the old one counts no more', async () => {
    const old = await key.token(clock.now());
    await check(old);
    pem = other.publicPem;
    await clock.advance(1_000);
    expect(await check(other.token(clock.now()))).toBe('known');
    await clock.advance(1_000);
    expect(await check(old)).toBe('unknown');
  });

  test('that is lost for a moment, or broken, leaves the one that was there', async () => {
    pem = 'not a key';
    await clock.advance(1_000);
    expect(await check(other.token(clock.now()))).toBe('unknown');
    expect(await check(key.token(clock.now()))).toBe('known');
  });
});
