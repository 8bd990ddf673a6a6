// What AgentCube's clients see of the control port: every status, body and header of workloadmanager 0.1.
import http from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PlatformError } from '../../model/errors.ts';
import { controlLab, until, type ControlLab } from '../support/control-lab.ts';
import { agent, interpreter } from '../support/runtimes.ts';

let lab: ControlLab;
beforeEach(async () => {
  lab = await controlLab();
  await lab.registry.apply(agent());
  await lab.registry.apply(interpreter());
});
afterEach(() => lab.close());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const json = 'application/json; charset=utf-8';
const hello = { namespace: 'default', name: 'hello' };
const python = { namespace: 'default', name: 'python' };

interface Created {
  readonly sessionId: string;
  readonly sandboxId: string;
}

const states = async (): Promise<string[]> =>
  (await lab.store.list({ limit: 100 })).map(({ session }) => session.state.kind);

async function create(): Promise<Created> {
  return (await lab.ask('POST', '/v1/agent-runtime', { body: hello })).json<Created>();
}

async function withPool(size: number): Promise<void> {
  await lab.registry.apply(interpreter('python', { warmPoolSize: size }));
  await until(async () => (await lab.store.entries()).length === size);
}

describe('GET /health', () => {
  test('is healthy', async () => {
    const answer = await lab.ask('GET', '/health');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"status":"healthy"}');
    expect(answer.headers.get('content-type')).toBe(json);
  });
});

describe('POST /v1/agent-runtime and /v1/code-interpreter', () => {
  test('answer 200 once a cold sandbox is verified ready', async () => {
    const release = lab.driver.hold('start');
    const asked = lab.ask('POST', '/v1/agent-runtime', { body: hello });
    let answered = false;
    void asked.then(() => (answered = true));
    await until(() => lab.driver.calls.length === 1);
    expect(answered).toBe(false);
    release();
    const answer = await asked;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(json);
    const body = answer.json();
    expect(Object.keys(body)).toEqual(['kind', 'sessionId', 'sandboxId', 'sandboxName', 'entryPoints']);
    expect(body).toEqual({
      kind: 'Sandbox',
      sessionId: expect.stringMatching(uuid),
      sandboxId: expect.stringMatching(uuid),
      sandboxName: expect.stringMatching(/^hello-[a-z0-9]{8}$/),
      entryPoints: [{ path: '/', protocol: 'HTTP', endpoint: expect.stringContaining('.sock') }],
    });
  });

  test('answer at once with a warm sandbox, which stays paused', async () => {
    await withPool(1);
    const [warm] = await lab.store.entries();
    const starts = lab.driver.hold('start');
    const answer = await lab.ask('POST', '/v1/code-interpreter', { body: python });
    expect(answer.json()).toMatchObject({
      kind: 'SandboxClaim',
      sandboxId: warm?.sandbox.id,
      sandboxName: warm?.sandbox.name,
      entryPoints: warm?.sandbox.entryPoints,
    });
    expect(lab.driver.sandboxes.get(warm?.sandbox.id ?? '')?.state).toBe('paused');
    starts();
  });

  test('start cold when the pool is empty', async () => {
    const answer = await lab.ask('POST', '/v1/code-interpreter', { body: python });
    expect(answer.json()).toMatchObject({ kind: 'Sandbox' });
  });

  test.each([
    ['unknown fields', { ...hello, ttl: 3600, metadata: { a: 1 } }],
    ['another kind', { ...hello, kind: 'CodeInterpreter' }],
  ])('ignore %s', async (_, body) => {
    expect((await lab.ask('POST', '/v1/agent-runtime', { body })).status).toBe(200);
  });

  test('do not look at the content type', async () => {
    const headers = { 'content-type': 'text/html' };
    expect(
      (await lab.ask('POST', '/v1/agent-runtime', { body: JSON.stringify(hello), headers })).status,
    ).toBe(200);
  });

  test.each([
    ['an empty body', ''],
    ['a body that is not JSON', '{"name"'],
    ['a list', '[]'],
    ['a text', '"hello"'],
    ['a name that is a number', '{"namespace":"default","name":5}'],
  ])('refuse %s', async (_, body) => {
    const answer = await lab.ask('POST', '/v1/agent-runtime', { body });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ message: 'Invalid request body', code: 'INVALID_REQUEST' });
    expect(answer.headers.get('content-type')).toBe(json);
  });

  test.each([
    [{}, 'namespace is required'],
    [{ name: 'hello' }, 'namespace is required'],
    [{ name: 'hello', namespace: '' }, 'namespace is required'],
    [{ namespace: 'default' }, 'name is required'],
    [{ namespace: 'default', name: null }, 'name is required'],
  ])('of %j say: %s', async (body, message) => {
    const answer = await lab.ask('POST', '/v1/code-interpreter', { body });
    expect([answer.status, answer.json()['message']]).toEqual([400, message]);
  });

  test.each([
    ['/v1/agent-runtime', 'agent runtime not found'],
    ['/v1/code-interpreter', 'code interpreter not found'],
  ])('%s: %s', async (path, message) => {
    const answer = await lab.ask('POST', path, { body: { namespace: 'default', name: 'nobody' } });
    expect([answer.status, answer.json()['message']]).toEqual([404, message]);
  });

  test('a runtime of the other kind is not found', async () => {
    expect((await lab.ask('POST', '/v1/agent-runtime', { body: python })).status).toBe(404);
  });

  test("500 with a reason beside AgentCube's text when the sandbox does not start", async () => {
    lab.driver.fail('start', 'exit code 3');
    const answer = await lab.ask('POST', '/v1/agent-runtime', { body: hello });
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({
      message: 'internal server error',
      code: 'SANDBOX_START_FAILED',
      reason: 'exit code 3',
      sessionId: expect.stringMatching(uuid),
    });
  });

  test('504 when it is not ready within two minutes, and nothing of it is left', async () => {
    const release = lab.driver.hold('start');
    const asked = lab.ask('POST', '/v1/agent-runtime', { body: hello });
    await until(() => lab.driver.calls.length === 1);
    await lab.clock.advance(120_000);
    const answer = await asked;
    expect([answer.status, answer.json()['message']]).toEqual([504, 'sandbox creation timed out']);
    release();
    await until(async () => (await states()).join() === 'ended');
    expect(lab.driver.sandboxes.size).toBe(0);
  });

  test('a client that does not wait leaves no session behind', async () => {
    const release = lab.driver.hold('start');
    const request = http.request(`${lab.url}/v1/agent-runtime`, { method: 'POST' });
    request.on('error', () => undefined).end(JSON.stringify(hello));
    await until(() => lab.driver.calls.length === 1);
    request.destroy();
    await until(async () => (await states()).join() === 'ending');
    release();
    await until(async () => (await states()).join() === 'ended');
    expect(lab.driver.sandboxes.size).toBe(0);
  });

  test('503 when the store fails, with when to ask again', async () => {
    const broken = await controlLab({
      create: () => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'disk full')),
    });
    await broken.registry.apply(agent());
    const answer = await broken.ask('POST', '/v1/agent-runtime', { body: hello });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.json()).toMatchObject({ message: 'internal server error', code: 'STORE_UNAVAILABLE' });
    await broken.close();
  });

  test('a fault is told to the log and not to the caller', async () => {
    const broken = await controlLab({ create: () => Promise.reject(new Error('secret path')) });
    await broken.registry.apply(agent());
    const answer = await broken.ask('POST', '/v1/agent-runtime', { body: hello });
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ message: 'internal server error', code: 'INTERNAL' });
    expect(answer.text).not.toContain('secret');
    expect(broken.logged.join()).toContain('secret path');
    await broken.close();
  });
});

describe('DELETE …/sessions/{id}', () => {
  test.each(['agent-runtime', 'code-interpreter'])(
    'through %s ends a session of either kind',
    async (kind) => {
      const { sessionId, sandboxId } = await create();
      const answer = await lab.ask('DELETE', `/v1/${kind}/sessions/${sessionId}`);
      expect(answer.status).toBe(200);
      expect(answer.text).toBe('{"message":"Sandbox deleted successfully"}');
      expect(answer.headers.get('content-type')).toBe(json);
      expect(lab.driver.sandboxes.has(sandboxId)).toBe(false);
    },
  );

  test('answers when the sandbox is really gone', async () => {
    const { sessionId } = await create();
    const release = lab.driver.hold('stop');
    const asked = lab.ask('DELETE', `/v1/agent-runtime/sessions/${sessionId}`);
    await until(() => lab.driver.calls.some((call) => call.startsWith('stop')));
    expect(await states()).toEqual(['ending']);
    release();
    expect((await asked).status).toBe(200);
  });

  test('404 for a session that is not known, or was deleted already', async () => {
    const { sessionId } = await create();
    await lab.ask('DELETE', `/v1/agent-runtime/sessions/${sessionId}`);
    for (const id of [sessionId, 'nobody']) {
      const answer = await lab.ask('DELETE', `/v1/agent-runtime/sessions/${id}`);
      expect(answer.status).toBe(404);
      expect(answer.json()['message']).toBe(`Session ID ${id} not found, maybe already deleted`);
    }
  });

  test('500 when it does not end in time', async () => {
    const { sessionId } = await create();
    const release = lab.driver.hold('stop');
    const asked = lab.ask('DELETE', `/v1/agent-runtime/sessions/${sessionId}`);
    await until(() => lab.driver.calls.some((call) => call.startsWith('stop')));
    await lab.clock.advance(5_000);
    const answer = await asked;
    expect([answer.status, answer.json()['message']]).toEqual([500, 'internal server error']);
    release();
  });
});

describe('everything else', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/v1/agent-runtime'],
    ['PUT', '/v1/agent-runtime'],
    ['POST', '/health'],
    ['GET', '/v1/agent-runtime/sessions/x'],
    ['DELETE', '/v1/agent-runtime/sessions/'],
    ['GET', '/V1/sessions'],
    ['GET', '/nothing/'],
  ])('%s %s is 404 in plain text', async (method, path) => {
    const answer = await lab.ask(method, path);
    expect(answer.status).toBe(404);
    expect(answer.text).toBe('404 page not found');
    expect(answer.headers.get('content-type')).toBe('text/plain');
  });

  test('below /apis it ends with a line, as an API server ends it', async () => {
    const answer = await lab.ask('GET', '/apis/apps/v1/deployments');
    expect([answer.status, answer.text]).toEqual([404, '404 page not found\n']);
  });

  test.each([
    ['GET', '/health/', 301, '/health'],
    ['GET', '/v1/sessions/?limit=1', 301, '/v1/sessions?limit=1'],
    ['POST', '/v1/agent-runtime/', 307, '/v1/agent-runtime'],
    ['DELETE', '/v1/code-interpreter/sessions/x/', 307, '/v1/code-interpreter/sessions/x'],
  ])('%s %s redirects with %d', async (method, path, status, location) => {
    const answer = await lab.ask(method, path);
    expect([answer.status, answer.headers.get('location')]).toEqual([status, location]);
  });

  test('a path that cannot be decoded is a bad request', async () => {
    expect((await lab.ask('DELETE', '/v1/agent-runtime/sessions/%zz')).status).toBe(400);
  });

  test('a body past every sensible length is refused', async () => {
    const answer = await lab.ask('POST', '/v1/agent-runtime', { body: `"${'x'.repeat(3 * 1024 * 1024)}"` });
    expect([answer.status, answer.json()['code']]).toEqual([413, 'BODY_TOO_LARGE']);
  });
});
