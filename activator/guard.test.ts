// Who is let in, by tokens that a scripted issuer believes.
import { expect, test } from '@jest/globals';
import { manualClock } from '../test/support/manual-clock.ts';
import { PlatformError } from '../model/errors.ts';
import type { Identity } from '../model/identity.ts';
import { Guard, type Believed } from './guard.ts';

const begin = 1_700_000_000_000;

function lab(answers: Readonly<Record<string, Believed | Error>>) {
  const clock = manualClock(begin);
  const asked: string[] = [];
  const logged: object[] = [];
  const tokens = {
    async identityOf(token: string) {
      asked.push(token);
      const answer = answers[token];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const log = (message: string, fields: object): void => void logged.push({ message, ...fields });
  const guard = new Guard({ tokens, requiredRole: 'sandbox:invoke', clock, log });
  const admit = (header: string | undefined) =>
    new Promise<Identity | PlatformError>((resolve) => guard.admit(header, resolve, resolve));
  return { clock, asked, logged, guard, admit };
}

const alice: Identity = { subject: 'alice', roles: ['sandbox:invoke'] };
const longGood: Believed = { identity: alice, until: begin + 3_600_000 };

test('a token that is believed lets its caller in', async () => {
  expect(await lab({ t: longGood }).admit('Bearer t')).toEqual(alice);
});

test('the next request with it is let in at once, for a minute', async () => {
  const { admit, guard, asked, clock } = lab({ t: longGood });
  await admit('Bearer t');
  let entered: Identity | undefined;
  guard.admit(
    'Bearer t',
    (identity) => (entered = identity),
    () => {},
  );
  expect(entered).toEqual(alice);
  expect(asked).toEqual(['t']);
  await clock.advance(60_000);
  await admit('Bearer t');
  expect(asked).toEqual(['t', 't']);
});

test('a token is not believed for longer than it is good', async () => {
  const { admit, asked, clock } = lab({ t: { identity: alice, until: begin + 5_000 } });
  await admit('Bearer t');
  await clock.advance(5_000);
  await admit('Bearer t');
  expect(asked).toHaveLength(2);
});

test('what is not believed, has no role or cannot be checked is refused by type, and logged without the token', async () => {
  const away = new PlatformError('IDENTITY_PROVIDER_UNAVAILABLE', 'the issuer does not answer');
  const weak: Believed = { identity: { subject: 'bob', roles: [] }, until: begin + 9_000 };
  const { admit, logged } = lab({ weak, secret: away });
  expect(await admit('Bearer forged')).toMatchObject({ message: 'invalid or expired token' });
  expect(await admit('Bearer weak')).toMatchObject({ code: 'FORBIDDEN' });
  expect(await admit('Bearer secret')).toBe(away);
  expect(await admit(undefined)).toMatchObject({ message: 'missing authorization header' });
  expect(logged).toHaveLength(4);
  expect(logged[1]).toMatchObject({ code: 'FORBIDDEN', subject: 'bob' });
  expect(JSON.stringify(logged)).not.toMatch(/forged|secret/);
});
