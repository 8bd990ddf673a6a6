// Runtimes as Kubernetes-style resources, as kubectl and Kubernetes clients see them.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { controlLab, until, type ControlLab } from '../support/control-lab.ts';
import { agent, interpreter } from '../support/runtimes.ts';

let lab: ControlLab;
beforeEach(async () => {
  lab = await controlLab();
});
afterEach(() => lab.close());

const group = '/apis/runtime.agentcube.volcano.sh/v1alpha1';
const agents = `${group}/namespaces/default/agentruntimes`;
const interpreters = `${group}/namespaces/default/codeinterpreters`;
const mergePatch = { 'content-type': 'application/merge-patch+json' };

/** Versions count from when the lab begins. */
const version = (change: number): string => String(Date.UTC(2026, 0, 1) + change);

interface Stored {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly generation: number };
  readonly spec: Record<string, unknown>;
}

const failure = (code: number, reason: string, more: object) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  code,
  reason,
  ...more,
});

const details = (name: string, kind = 'agentruntimes') => ({
  name,
  group: 'runtime.agentcube.volcano.sh',
  kind,
});

describe('create', () => {
  test('201 with the object as it is stored', async () => {
    const answer = await lab.ask('POST', agents, { body: agent() });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.json()).toMatchObject({
      apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
      kind: 'AgentRuntime',
      metadata: { name: 'hello', namespace: 'default', generation: 1, resourceVersion: version(1) },
      spec: { sessionTimeout: '15m', maxSessionDuration: '8h', targetPort: [{ protocol: 'HTTP' }] },
      status: { ready: true },
    });
  });

  test.each(['application/yaml', 'text/yaml', 'application/x-yaml; charset=utf-8'])(
    'takes %s',
    async (type) => {
      const answer = await lab.ask('POST', interpreters, {
        body: stringify(interpreter()),
        headers: { 'content-type': type },
      });
      expect(answer.status).toBe(201);
    },
  );

  test('puts what names no namespace into that of the path', async () => {
    const { metadata: _, ...rest } = agent();
    const path = `${group}/namespaces/team/agentruntimes`;
    const answer = await lab.ask('POST', path, { body: { ...rest, metadata: { name: 'hello' } } });
    expect(answer.json()).toMatchObject({ metadata: { namespace: 'team' } });
  });

  test('409 AlreadyExists', async () => {
    await lab.ask('POST', agents, { body: agent() });
    const answer = await lab.ask('POST', agents, { body: agent() });
    expect(answer.status).toBe(409);
    expect(answer.json()).toEqual(
      failure(409, 'AlreadyExists', {
        message: 'agentruntimes.runtime.agentcube.volcano.sh "hello" already exists',
        details: details('hello'),
      }),
    );
  });

  test('422 Invalid with a cause for every problem', async () => {
    const body = { ...agent(), spec: { sessionTimeout: 'soon', podTemplate: agent().spec.podTemplate } };
    const answer = await lab.ask('POST', agents, { body });
    expect(answer.status).toBe(422);
    const status = answer.json<{
      message: string;
      details: { causes: { field: string; reason: string }[] };
    }>();
    expect(status).toMatchObject(failure(422, 'Invalid', { details: details('hello', 'AgentRuntime') }));
    expect(status.message).toMatch(/^AgentRuntime\.runtime\.agentcube\.volcano\.sh "hello" is invalid: \[/);
    const causes = status.details.causes.map(({ field, reason }) => `${field} ${reason}`);
    // As an API server, which looks no further where a value is missing.
    expect(causes).toEqual(['spec.targetPort FieldValueRequired', '<nil> FieldValueInvalid']);
  });

  test('422 for an unknown image, naming the known ones', async () => {
    const body = interpreter('python', { template: { image: 'nope' } });
    const answer = await lab.ask('POST', interpreters, { body });
    expect(answer.status).toBe(422);
    const cause = {
      reason: 'FieldValueNotSupported',
      field: 'spec.template.image',
      message: 'Unsupported value: unknown image "nope", expected one of hello:1, picod:1',
    };
    expect(answer.json()).toMatchObject({ reason: 'Invalid', details: { causes: [cause] } });
    expect(answer.json()['message']).toContain('hello:1, picod:1');
  });

  test('a Warning for each field that has no effect here', async () => {
    const template = { image: 'picod:1', runtimeClassName: 'gvisor', imagePullSecrets: [{ name: 'x' }] };
    const answer = await lab.ask('POST', interpreters, { body: interpreter('python', { template }) });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('warning')).toBe(
      '299 - "spec.template.runtimeClassName has no effect on one machine", ' +
        '299 - "spec.template.imagePullSecrets has no effect on one machine"',
    );
  });

  test.each([
    ['another kind', interpreter('hello'), 'the kind in the data (CodeInterpreter) is not AgentRuntime'],
    ['no kind', { ...agent(), kind: undefined }, "Object 'Kind' is missing"],
    ['another version', { ...agent(), apiVersion: 'apps/v1' }, 'does not match the expected API version'],
    [
      'another namespace',
      { ...agent(), metadata: { name: 'hello', namespace: 'team' } },
      'namespace of the provided object',
    ],
    ['a list', [], 'must be an object'],
  ])('400 for %s', async (_, body, words) => {
    const answer = await lab.ask('POST', agents, { body });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ kind: 'Status', reason: 'BadRequest', code: 400 });
    expect(answer.json()['message']).toContain(words);
  });

  test.each([
    ['JSON', 'application/json', '{'],
    ['YAML', 'application/yaml', 'a: [b'],
    ['two documents', 'application/yaml', 'a: 1\n---\nb: 2'],
    ['nothing', 'application/json', ''],
  ])('400 for a body that cannot be read: %s', async (_, type, body) => {
    const answer = await lab.ask('POST', agents, { body, headers: { 'content-type': type } });
    expect(answer.json()).toMatchObject({ reason: 'BadRequest', code: 400 });
  });

  test('415 for a form, which is what curl sends unasked', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await lab.ask('POST', agents, { body: JSON.stringify(agent()), headers });
    expect(answer.status).toBe(415);
    expect(answer.json()).toMatchObject({ reason: 'UnsupportedMediaType' });
    expect(answer.json()['message']).toContain('application/json, application/yaml');
  });
});

describe('get', () => {
  test('answers the object', async () => {
    const made = await lab.ask('POST', agents, { body: agent() });
    const answer = await lab.ask('GET', `${agents}/hello`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(made.json());
  });

  test('404 NotFound in the words of Kubernetes', async () => {
    const answer = await lab.ask('GET', `${agents}/x`);
    expect(answer.status).toBe(404);
    expect(answer.json()).toEqual(
      failure(404, 'NotFound', {
        message: 'agentruntimes.runtime.agentcube.volcano.sh "x" not found',
        details: details('x'),
      }),
    );
  });
});

describe('list', () => {
  beforeEach(async () => {
    const inTeam = { ...agent('b'), metadata: { name: 'b', labels: { tier: 'front' } } };
    await lab.ask('POST', agents, { body: agent('a') });
    await lab.ask('POST', `${group}/namespaces/team/agentruntimes`, { body: inTeam });
  });

  const names = async (path: string): Promise<string[]> => {
    const { items } = (await lab.ask('GET', path)).json<{ items: Stored[] }>();
    return items.map(({ metadata }) => metadata.name);
  };

  test('is a List of the kind, with a resourceVersion', async () => {
    expect((await lab.ask('GET', agents)).json()).toMatchObject({
      kind: 'AgentRuntimeList',
      apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
      metadata: { resourceVersion: version(2) },
      items: [{ metadata: { name: 'a' } }],
    });
    expect((await lab.ask('GET', interpreters)).json()).toMatchObject({
      kind: 'CodeInterpreterList',
      items: [],
    });
  });

  test('is of one namespace or of all, and by labels', async () => {
    expect(await names(agents)).toEqual(['a']);
    expect(await names(`${group}/agentruntimes`)).toEqual(['a', 'b']);
    expect(await names(`${group}/agentruntimes?labelSelector=tier%3Dfront`)).toEqual(['b']);
  });

  test('is of labels in sets and of names', async () => {
    expect(await names(`${group}/agentruntimes?labelSelector=tier%20in%20(front)`)).toEqual(['b']);
    expect(await names(`${group}/agentruntimes?fieldSelector=metadata.name%3Da`)).toEqual(['a']);
  });
});

describe('replace', () => {
  test('200 with a new generation', async () => {
    await lab.ask('POST', agents, { body: agent() });
    const { metadata } = (await lab.ask('GET', `${agents}/hello`)).json<Stored>();
    const answer = await lab.ask('PUT', `${agents}/hello`, {
      body: { ...agent('hello', { sessionTimeout: '5m' }), metadata },
    });
    expect(answer.status).toBe(200);
    expect(answer.json<Stored>().metadata).toMatchObject({ generation: 2, resourceVersion: version(2) });
  });

  test('409 Conflict over an older version', async () => {
    const made = (await lab.ask('POST', agents, { body: agent() })).json<Stored>();
    const { metadata } = made;
    await lab.ask('PUT', `${agents}/hello`, {
      body: { ...agent('hello', { sessionTimeout: '5m' }), metadata },
    });
    const answer = await lab.ask('PUT', `${agents}/hello`, { body: made });
    expect(answer.status).toBe(409);
    expect(answer.json()).toEqual(
      failure(409, 'Conflict', {
        message:
          'Operation cannot be fulfilled on agentruntimes.runtime.agentcube.volcano.sh "hello": ' +
          'the object has been modified; please apply your changes to the latest version and try again',
        details: details('hello'),
      }),
    );
  });

  test('404 when there is none, 400 when the names differ', async () => {
    expect((await lab.ask('PUT', `${agents}/hello`, { body: agent() })).status).toBe(404);
    const answer = await lab.ask('PUT', `${agents}/other`, { body: agent() });
    expect(answer.json()).toMatchObject({
      code: 400,
      message: 'the name of the object (hello) does not match the name on the URL (other)',
    });
  });
});

describe('patch', () => {
  test('200 with what the merge made', async () => {
    await lab.ask('POST', interpreters, {
      body: interpreter('python', { warmPoolSize: 0, pauseAfter: '1m' }),
    });
    const body = JSON.stringify({ spec: { authMode: 'none', pauseAfter: null } });
    const answer = await lab.ask('PATCH', `${interpreters}/python`, { body, headers: mergePatch });
    expect(answer.status).toBe(200);
    expect(answer.json<Stored>().spec).toMatchObject({ authMode: 'none' });
    expect(answer.json<Stored>().spec).not.toHaveProperty('pauseAfter');
  });

  test.each(['application/json', 'application/strategic-merge-patch+json'])('415 for %s', async (type) => {
    await lab.ask('POST', agents, { body: agent() });
    const answer = await lab.ask('PATCH', `${agents}/hello`, {
      body: '{}',
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(415);
    expect(answer.json()).toMatchObject({
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: ' +
        'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    });
  });

  test('422 when the outcome is invalid, and nothing changed', async () => {
    await lab.ask('POST', agents, { body: agent() });
    const body = JSON.stringify({ spec: { warmPoolSize: -1 } });
    const answer = await lab.ask('PATCH', `${agents}/hello`, { body, headers: mergePatch });
    expect(answer.json()).toMatchObject({ code: 422, details: { causes: [{ field: 'spec.warmPoolSize' }] } });
    expect((await lab.ask('GET', `${agents}/hello`)).json<Stored>().metadata.resourceVersion).toBe(
      version(1),
    );
  });
});

describe('delete', () => {
  test('200 Success; the name is free again', async () => {
    const { metadata } = (await lab.ask('POST', agents, { body: agent() })).json<{
      metadata: { uid: string };
    }>();
    const answer = await lab.ask('DELETE', `${agents}/hello`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { ...details('hello'), uid: metadata.uid },
    });
    expect((await lab.ask('DELETE', `${agents}/hello`)).status).toBe(404);
    expect((await lab.ask('POST', agents, { body: agent() })).status).toBe(201);
  });

  test('drains the pool and leaves sessions alone', async () => {
    await lab.ask('POST', interpreters, { body: interpreter('python', { warmPoolSize: 2 }) });
    await until(async () => (await lab.store.entries()).length === 2);
    const body = { namespace: 'default', name: 'python' };
    const { sandboxId } = (await lab.ask('POST', '/v1/code-interpreter', { body })).json<{
      sandboxId: string;
    }>();
    await lab.ask('DELETE', `${interpreters}/python`);
    await until(() => lab.driver.sandboxes.size === 1);
    expect([...lab.driver.sandboxes.keys()]).toEqual([sandboxId]);
  });
});

describe('status', () => {
  test('tells how the pool stands', async () => {
    const release = lab.driver.hold('start');
    await lab.ask('POST', interpreters, { body: interpreter('python', { warmPoolSize: 1 }) });
    const ready = async () =>
      (await lab.ask('GET', `${interpreters}/python`))
        .json<{ status: { conditions: { type: string; reason: string; message: string }[] } }>()
        .status.conditions.find(({ type }) => type === 'Ready');
    expect(await ready()).toMatchObject({ reason: 'PoolFilling' });
    release();
    await until(async () => (await ready())?.reason === 'Reconciled');
    expect(await ready()).toMatchObject({ message: 'CodeInterpreter is ready' });
  });
});

describe('discovery', () => {
  test('leads from the groups to the resources', async () => {
    const { kind, groups } = (await lab.ask('GET', '/apis')).json<{
      kind: string;
      groups: { name: string }[];
    }>();
    expect(kind).toBe('APIGroupList');
    expect(groups.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['runtime.agentcube.volcano.sh', 'eventing.agentcube.volcano.sh']),
    );
    const one = await lab.ask('GET', '/apis/runtime.agentcube.volcano.sh');
    expect(one.json()).toMatchObject({ kind: 'APIGroup', preferredVersion: { version: 'v1alpha1' } });
    const { resources } = (await lab.ask('GET', group)).json<{ resources: { name: string }[] }>();
    expect(resources.map(({ name }) => name)).toEqual([
      'agentruntimes',
      'agentruntimes/status',
      'codeinterpreters',
      'codeinterpreters/status',
    ]);
    expect(resources[2]).toMatchObject({ kind: 'CodeInterpreter', namespaced: true, shortNames: ['ci'] });
  });
});
