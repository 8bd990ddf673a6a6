import { expect, test } from '@jest/globals';
import { ServiceAccountAuth, TokenAuth } from './auth.ts';

interface Asked {
  readonly url: string;
  readonly body: URLSearchParams;
  readonly headers: Headers;
}

/** An identity provider that gives out `token-1`, `token-2`, …, or whatever it is told to. */
function provider(answer: (count: number) => Response = token(600)) {
  const asked: Asked[] = [];
  const call: typeof fetch = async (url, init) => {
    const body = new URLSearchParams(init?.body as string);
    asked.push({ url: url as string, body, headers: new Headers(init?.headers) });
    return answer(asked.length);
  };
  return { asked, call };
}

const token =
  (expires_in?: number) =>
  (count: number): Response =>
    Response.json({ access_token: `token-${count}`, ...(expires_in !== undefined && { expires_in }) });

function auth(asked: ReturnType<typeof provider>, clock: { now: number }, more = {}): ServiceAccountAuth {
  const client = { tokenUrl: 'https://id.example/token', clientId: 'app', clientSecret: 'hidden' };
  return new ServiceAccountAuth({ ...client, ...more, fetch: asked.call, now: () => clock.now });
}

test('a token is given as it is', () => {
  expect(new TokenAuth('abc').token()).toBe('abc');
});

test('client credentials are asked with, as a form', async () => {
  const asked = provider();
  await auth(asked, { now: 0 }, { scope: 'a b', headers: { 'x-tenant': 't' } }).token();
  expect(asked.asked[0]?.url).toBe('https://id.example/token');
  expect(Object.fromEntries(asked.asked[0]?.body ?? [])).toEqual({
    ...{ grant_type: 'client_credentials', client_id: 'app', client_secret: 'hidden', scope: 'a b' },
  });
  expect(asked.asked[0]?.headers.get('x-tenant')).toBe('t');
});

test.each([
  ['600 s: 30 s before its end', 600, 570],
  ['40 s: after half of it', 40, 20],
  ['no time: after the better part of five minutes', undefined, 270],
])('a token of %s it is fetched anew', async (_, lifetime, seconds) => {
  const asked = provider(token(lifetime));
  const clock = { now: 1_000_000 };
  const account = auth(asked, clock);
  expect(await account.token()).toBe('token-1');
  clock.now += seconds * 1_000 - 1;
  expect(await account.token()).toBe('token-1');
  clock.now += 1;
  expect(await account.token()).toBe('token-2');
});

test('who asks at the same time shares one fetch', async () => {
  const asked = provider();
  const account = auth(asked, { now: 0 });
  expect(await Promise.all([account.token(), account.token(), account.token()])).toEqual(
    Array.from({ length: 3 }, () => 'token-1'),
  );
  expect(asked.asked).toHaveLength(1);
});

test.each([
  ['is refused', () => new Response('no: hidden', { status: 401 }), 401],
  ['is answered with what is no JSON', () => new Response('hidden'), 200],
  ['is answered without a token', () => Response.json({ hidden: 'hidden' }), 200],
])('what %s is an error that tells no secret', async (_, answer, status) => {
  const fault = await auth(provider(answer), { now: 0 })
    .token()
    .catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: 'UNAUTHORIZED', status });
  expect(JSON.stringify(fault) + String(fault)).not.toContain('hidden');
});

test('after a failure the next one asks again', async () => {
  const asked = provider((count) => (count === 1 ? new Response('', { status: 503 }) : token(60)(count)));
  const account = auth(asked, { now: 0 });
  await expect(account.token()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(await account.token()).toBe('token-2');
});
