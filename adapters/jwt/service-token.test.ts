// Tokens between programs: what they say, and how long one serves.
import { createPublicKey } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { jwtVerify } from 'jose';
import { manualClock } from '../../test/support/manual-clock.ts';
import { newKeyPems, signingKeyOf } from './key.ts';
import { createServiceTokens } from './service-token.ts';

const clock = manualClock(1_700_000_000_000);
const pems = await newKeyPems();
const tokens = createServiceTokens({ key: signingKeyOf(pems.privatePem, 'k'), clock, audience: 'node' });

test('says who it is for and for how long, and is signed by the key that was made', async () => {
  const { payload } = await jwtVerify(await tokens(), createPublicKey(pems.publicPem), {
    audience: 'node',
    currentDate: new Date(clock.now()),
  });
  const iat = clock.now() / 1_000;
  expect(payload).toEqual({ iss: 'agentcube-router', aud: 'node', iat, exp: iat + 300 });
});

test('one serves while it is good for two more minutes', async () => {
  const first = await tokens();
  await clock.advance(179_000);
  expect(await tokens()).toBe(first);
  await clock.advance(1_000);
  expect(await tokens()).not.toBe(first);
});
