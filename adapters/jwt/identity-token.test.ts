// Which tokens are believed to name the owner of a new session.
import { expect, test } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { manualClock } from '../../test/support/manual-clock.ts';
import { createOwnerTokens } from './identity-token.ts';
import { newKeyPems, signingKeyOf } from './key.ts';

const clock = manualClock(1_700_000_000_000);
const now = clock.now() / 1_000;
const pems = await newKeyPems();
const stranger = await newKeyPems();
const tokens = createOwnerTokens(pems.publicPem, clock);

const signed = (claims: JWTPayload, by = pems): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(signingKeyOf(by.privatePem, 'k').privateKey);

const good = { sub: 'alice', aud: 'workloadmanager', exp: now + 300, iss: 'agentcube-router' };

test('the platform’s own, for the workload manager, names its subject', async () => {
  expect(await tokens.ownerOf(await signed(good))).toBe('alice');
});

test.each([
  ['expired', { ...good, exp: now - 1 }],
  ['without end', { sub: 'alice', aud: 'workloadmanager' }],
  ['for somebody else', { ...good, aud: 'agentcube-node-agent' }],
  ['for nobody, as sandboxes are shown', { sub: 'alice', exp: now + 300 }],
  ['of nobody', { ...good, sub: '' }],
])('one %s is not believed', async (_, claims) => {
  expect(await tokens.ownerOf(await signed(claims))).toBeUndefined();
});

test('nor one of another key, nor what is none', async () => {
  expect(await tokens.ownerOf(await signed(good, stranger))).toBeUndefined();
  expect(await tokens.ownerOf('alice')).toBeUndefined();
});
