// Callers who must say who they are, on the wire of AgentCube 0.1's router: its bodies, and whose session answers to whom.
// Unlike there, somebody else's session looks like none, so that ids tell nothing. How tokens are checked is adapters/jwt/oidc.ts.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Guard, type CallerTokens } from '../../activator/guard.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import { ask, begin } from '../support/ask.ts';
import { MemoryActivator } from '../support/memory-activator.ts';
import { scriptedSandbox, type ScriptedSandbox } from '../support/scripted-sandbox.ts';

const base = '/v1/namespaces/default/agent-runtimes/echo/invocations';
const identities: Readonly<Record<string, readonly string[]>> = {
  alice: ['sandbox:invoke'],
  bob: ['sandbox:invoke'],
  guest: [],
  root: ['admin'],
};

/** A caller's token is its name. */
const tokens: CallerTokens = {
  async identityOf(token) {
    if (token === 'unsure') throw new PlatformError('IDENTITY_PROVIDER_UNAVAILABLE', 'id.example is away');
    const roles = identities[token];
    const email = `${token}@example.com`;
    return roles && { identity: { subject: token, email, roles }, until: Date.now() + 60_000 };
  },
};

const named: object[] = [];
let lab: MemoryActivator;
let sandbox: ScriptedSandbox;
let next = 0;

beforeAll(async () => {
  const log = (): void => undefined;
  lab = await MemoryActivator.start({
    guard: new Guard({ tokens, requiredRole: 'sandbox:invoke', clock: systemClock, log }),
    signer: { tokenFor: (id, user) => (named.push({ id, ...user }), `token-of-${id}`) },
  });
  sandbox = await scriptedSandbox(lab.socketPath('main'));
});
beforeEach(() => {
  sandbox.seen.splice(0);
  named.splice(0);
  lab.wakes.splice(0);
});
afterAll(async () => {
  await lab.close();
  await sandbox.close();
});

const as = (token: string, id?: string) => ({
  authorization: `Bearer ${token}`,
  ...(id !== undefined && { 'x-agentcube-session-id': id }),
});
const get = (headers: Record<string, string>) => ask(lab.port, { path: `${base}/x`, headers });

async function running(ownerId?: string): Promise<string> {
  const id = `s${next++}`;
  const ref = lab.sandbox([{ endpoint: sandbox.endpoint }]);
  await lab.session(id, { kind: 'running', sandbox: ref }, ownerId === undefined ? {} : { ownerId });
  return id;
}

async function paused(ownerId: string): Promise<string> {
  const id = `s${next++}`;
  const ref = lab.sandbox([{ endpoint: sandbox.endpoint }]);
  await lab.session(id, { kind: 'paused', sandbox: ref, claimed: false }, { ownerId });
  return id;
}

describe('who may call', () => {
  test.each([
    ['no header', {}, 401, 'missing authorization header', 'UNAUTHORIZED'],
    [
      'another scheme',
      { authorization: 'Basic eDp5' },
      401,
      'invalid authorization header format',
      'UNAUTHORIZED',
    ],
    [
      'a blank token',
      { authorization: 'Bearer  ' },
      401,
      'invalid authorization header format',
      'UNAUTHORIZED',
    ],
    ['a token that is not believed', as('forged'), 401, 'invalid or expired token', 'UNAUTHORIZED'],
    [
      'a role too few',
      as('guest'),
      403,
      'insufficient permissions: missing role sandbox:invoke',
      'FORBIDDEN',
    ],
  ])('%s', async (_, headers, status, error, code) => {
    const reply = await get(headers);
    expect([reply.status, JSON.parse(reply.body)]).toEqual([status, { error, code, retryable: false }]);
  });

  test('nobody can be told while the issuer is away, and that is said', async () => {
    const reply = await get(as('unsure'));
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse(reply.body)).toMatchObject({ code: 'IDENTITY_PROVIDER_UNAVAILABLE', retryable: true });
  });

  test('health is for everybody', async () => {
    expect((await ask(lab.port, { path: '/health/live' })).status).toBe(200);
  });

  test('an upgrade is refused like any request', async () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const reply = await get({ ...upgrade, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([401, { code: 'UNAUTHORIZED' }]);
  });

  test('a stranger does not wake, open or reach anything', async () => {
    const id = await paused('alice');
    await get({ 'x-agentcube-session-id': id });
    await get(as('forged'));
    expect([lab.wakes, sandbox.seen]).toEqual([[], []]);
  });
});

describe('whose session', () => {
  test('its owner is forwarded, named to the sandbox by its token, and shows it nothing of its own', async () => {
    const id = await running('alice');
    const reply = await get(as('alice', id));
    expect(reply.status).toBe(200);
    expect(sandbox.seen[0]?.headers.authorization).toBe(`Bearer token-of-${id}`);
    expect(named).toEqual([{ id, subject: 'alice', email: 'alice@example.com', roles: ['sandbox:invoke'] }]);
  });

  test("somebody else's is answered as one that never was, and not woken", async () => {
    const id = await paused('alice');
    const reply = await get(as('bob', id));
    const unknown = await get(as('bob', 'nosuch'));
    expect(reply.status).toBe(404);
    expect(reply.body).toBe(unknown.body.replace('nosuch', id));
    expect(reply.headers['x-agentcube-session-id']).toBeUndefined();
    expect(lab.wakes).toEqual([]);
  });

  test('nor is it while its owner uses it', async () => {
    const id = await running('alice');
    expect((await get(as('alice', id))).status).toBe(200);
    expect((await get(as('bob', id))).status).toBe(404);
    expect((await get(as('alice', id))).status).toBe(200);
  });

  test('one that nobody owns answers to admins only', async () => {
    const id = await running();
    expect((await get(as('alice', id))).status).toBe(404);
    expect((await get(as('root', id))).status).toBe(200);
  });

  test('an admin may use everybody’s', async () => {
    expect((await get(as('root', await running('alice')))).status).toBe(200);
  });

  test('a lease that only a stranger asked for is given back', async () => {
    const id = await running('alice');
    const { leases } = lab.activator.stats();
    await get(as('bob', id));
    expect(lab.activator.stats().leases).toBe(leases);
  });

  test('a new one belongs to whoever opened it', async () => {
    const { request, response } = begin(lab.port, {
      path: `${base}/x`,
      headers: as('bob'),
    });
    request.end();
    response.catch(() => undefined);
    while (lab.wakes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const record = await lab.store.get(lab.wakes[0] ?? '');
    expect(record?.session.ownerId).toBe('bob');
    request.destroy();
  });
});
