// How runtimes are written, as kubectl and Kubernetes clients do it: server-side apply, patches, dry runs, strict fields.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { controlLab, type ControlLab } from '../support/control-lab.ts';
import type { Answer } from '../support/client.ts';
import {
  agents,
  config,
  group,
  interpreters,
  KubeWriter,
  type Status,
  type Stored,
} from '../support/kube-writes.ts';
import { agent, interpreter } from '../support/runtimes.ts';

let lab: ControlLab;
const to = new KubeWriter(() => lab.url);
beforeEach(async () => {
  lab = await controlLab();
});
afterEach(() => lab.close());

const writers = ({ metadata }: Stored): string[] =>
  metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`);

const warnings = (answer: Answer): string => answer.headers.get('warning') ?? '';

describe('who owns what', () => {
  test('is told of whoever writes: by the parameter, or the beginning of the user agent', async () => {
    await to.post(agent(), '?fieldManager=me');
    expect(writers(await to.read())).toEqual(['agentcube-controller Apply', 'me Update']);
    const headers = { 'content-type': 'application/merge-patch+json', 'user-agent': 'curl/8.5.0 (x)' };
    const body = JSON.stringify({ spec: { pauseAfter: '1m' } });
    await to.ask('PATCH', `${agents}/hello`, { body, headers });
    const { managedFields } = (await to.read()).metadata;
    expect(managedFields.find(({ manager }) => manager === 'curl')?.fieldsV1).toEqual({
      'f:spec': { 'f:pauseAfter': {} },
    });
  });

  test.each([
    ['?fieldManager=', 201],
    [`?fieldManager=${'x'.repeat(129)}`, 422],
    ['?fieldManager=%01', 422],
    ['?fieldValidation=Loud', 422],
    ['?dryRun=Some', 422],
  ])('%s is answered %d', async (query, status) => {
    expect((await to.post(agent(), query)).status).toBe(status);
  });
});

describe('server-side apply', () => {
  test('makes, keeps as it is, changes, and takes away again', async () => {
    const spec = { ...agent().spec, pauseAfter: '1m' };
    const made = await to.apply(config(spec), 'me');
    expect([made.status, made.json<Stored>().spec['sessionTimeout']]).toEqual([201, '15m']);
    const again = await to.apply(config(spec), 'me');
    expect(again.json<Stored>().metadata).toEqual(made.json<Stored>().metadata);
    const { pauseAfter: _, ...less } = spec;
    const changed = await to.apply(config(less), 'me');
    expect(changed.status).toBe(200);
    expect(changed.json<Stored>().spec).not.toHaveProperty('pauseAfter');
    expect(changed.json<Stored>().metadata.generation).toBe(2);
  });

  test('409 for what another changed, in the words of Kubernetes; forced, it is taken', async () => {
    await to.apply(config({ ...agent().spec, pauseAfter: '1m' }), 'me');
    await to.patch('merge-patch+json', { spec: { pauseAfter: '2m' } }, '?fieldManager=kubectl-edit');
    const refused = await to.apply(config({ ...agent().spec, pauseAfter: '3m' }), 'me');
    const who = `"kubectl-edit" using ${group}/v1alpha1`;
    expect(refused.json()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: `Apply failed with 1 conflict: conflict with ${who}: .spec.pauseAfter`,
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: `conflict with ${who}`, field: '.spec.pauseAfter' },
        ],
      },
    });
    const forced = await to.apply(config({ ...agent().spec, pauseAfter: '3m' }), 'me', '&force=true');
    expect(forced.json<Stored>().spec['pauseAfter']).toBe('3m');
    expect(writers(forced.json<Stored>())).not.toContain('kubectl-edit Update');
  });

  test('two managers share one object', async () => {
    await to.apply(config(agent().spec), 'owner');
    await to.apply(config({ pauseAfter: '1m' }, { labels: { tier: 'gold' } }), 'tuner');
    expect((await to.read()).spec['pauseAfter']).toBe('1m');
    await to.apply(config({}), 'tuner');
    const left = await to.read();
    expect([left.spec['pauseAfter'], 'labels' in left.metadata]).toEqual([undefined, false]);
    expect(left.spec['targetPort']).toBeDefined();
  });

  test.each([
    [{ wrong: 1 }, '.spec.wrong: field not declared in schema'],
    [{ pauseAfter: 5 }, '.spec.pauseAfter: expected string, got &value.valueUnstructured{Value:5}'],
    [{ targetPort: 'x' }, '.spec.targetPort: expected list, got &{x}'],
  ])('does not take %j', async (spec, words) => {
    const answer = await to.apply(config(spec), 'me');
    expect(answer.json<Status>().message).toBe(
      `failed to create typed patch object (default/hello; ${group}/v1alpha1, Kind=AgentRuntime): ${words}`,
    );
  });

  test('wants to know who applies, and no managedFields', async () => {
    const nobody = await to.patch('apply-patch+yaml', config(agent().spec));
    expect(nobody.json<Status>().message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    const managed = await to.apply(config(agent().spec, { managedFields: [{}] }), 'me');
    expect(managed.json()).toMatchObject({ code: 400, message: 'metadata.managedFields must be nil' });
    const forced = await to.patch('merge-patch+json', {}, '?force=true');
    expect(forced.status).toBe(422);
  });

  test('over what kubectl applied from its own side is no conflict to kubectl', async () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    // A list without keys is one value: what is written into it by default would be a change.
    const whole = { ...agent().spec, targetPort: [{ port: 8080, protocol: 'HTTP' }] };
    const given = config({ ...whole, pauseAfter: '1m' }, { namespace: 'default' });
    const metadata = { ...given.metadata, annotations: { [annotation]: JSON.stringify(given) } };
    await to.post({ ...given, metadata }, '?fieldManager=kubectl-client-side-apply');
    const moved = await to.apply(config({ ...whole, pauseAfter: '2m' }), 'kubectl');
    expect(moved.status).toBe(200);
    expect(moved.json<Stored>().metadata.annotations?.[annotation]).toContain('"pauseAfter":"2m"');
  });
});

describe('patches', () => {
  beforeEach(() => to.post(agent('hello', { pauseAfter: '1m' })));

  test('a JSON patch tests, changes, and refuses what does not fit', async () => {
    const ops = [
      { op: 'test', path: '/spec/pauseAfter', value: '1m' },
      { op: 'replace', path: '/spec/pauseAfter', value: '2m' },
    ];
    expect((await to.patch('json-patch+json', ops)).json<Stored>().spec['pauseAfter']).toBe('2m');
    const rejected = { code: 422, message: 'the server rejected our request due to an error in our request' };
    expect((await to.patch('json-patch+json', ops)).json()).toMatchObject(rejected);
    const nothing = [{ op: 'remove', path: '/spec/nothing' }];
    expect((await to.patch('json-patch+json', nothing)).json()).toMatchObject(rejected);
  });

  test('a JSON patch reaches no prototype', async () => {
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted']) {
      const answer = await to.patch('json-patch+json', [{ op: 'add', path, value: 'yes' }]);
      expect(answer.status).toBe(422);
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('a JSON patch sets managedFields, as kubectl does when it changes to server-side apply', async () => {
    const { managedFields, resourceVersion } = (await to.read()).metadata;
    const moved = managedFields.map((one) => ({ ...one, manager: 'other' }));
    const at = '/metadata';
    const answer = await to.patch('json-patch+json', [
      { op: 'replace', path: `${at}/managedFields`, value: moved },
      { op: 'replace', path: `${at}/resourceVersion`, value: resourceVersion },
    ]);
    expect(answer.status).toBe(200);
    expect(writers(await to.read())).toContain('other Update');
    const late = await to.patch('json-patch+json', [
      { op: 'replace', path: `${at}/resourceVersion`, value: '1' },
    ]);
    expect(late.status).toBe(409);
  });

  test.each([
    [{ metadata: { name: 'other' } }, 400, 'the name of the object (other) does not match'],
    [{ metadata: { uid: 'other' } }, 422, 'metadata.uid: Invalid value: "other": field is immutable'],
    [{ spec: null }, 422, 'spec: Required value'],
  ])('%j is refused', async (body, code, words) => {
    const answer = (await to.patch('merge-patch+json', body)).json<Status>();
    expect([answer.code, answer.message]).toEqual([code, expect.stringContaining(words)]);
  });

  test('that changes nothing leaves the version', async () => {
    const before = await to.read();
    const answer = await to.patch('merge-patch+json', { spec: { pauseAfter: '1m' } });
    expect(answer.json<Stored>().metadata).toEqual(before.metadata);
  });
});

describe('fields that nobody knows, or that are there twice', () => {
  const odd = { ...agent(), spec: { ...agent().spec, wrong: 1, targetPort: [{ port: 8080, prot: 'x' }] } };
  const twice = `{"apiVersion":"${group}/v1alpha1","kind":"AgentRuntime","metadata":{"name":"hello"},"spec":${JSON.stringify(agent().spec).replace('{', '{"pauseAfter":"1m","pauseAfter":"2m",')}}`;

  test('are refused by strict validation, with the words of Kubernetes', async () => {
    const answer = await to.post(odd, '?fieldValidation=Strict');
    expect(answer.json()).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message:
        'AgentRuntime in version "v1alpha1" cannot be handled as a AgentRuntime: strict decoding error: ' +
        'unknown field "spec.targetPort[0].prot", unknown field "spec.wrong"',
    });
    const doubled = await to.post(twice, '?fieldValidation=Strict');
    expect(doubled.json<Status>().message).toContain(
      'strict decoding error: duplicate field "spec.pauseAfter"',
    );
  });

  test('are warned of by default, and left out', async () => {
    const answer = await to.post(odd);
    expect(answer.status).toBe(201);
    expect(warnings(answer)).toBe(
      '299 - "unknown field \\"spec.targetPort[0].prot\\"", 299 - "unknown field \\"spec.wrong\\""',
    );
    expect(answer.json<Stored>().spec).not.toHaveProperty('wrong');
    const doubled = await to.post(twice.replace('hello', 'two'), '?dryRun=All');
    expect(warnings(doubled)).toContain('duplicate field');
    expect(doubled.json<Stored>().spec['pauseAfter']).toBe('2m');
  });

  test('are passed over when told so; in a pod they are kept, and have no effect', async () => {
    expect(warnings(await to.post(odd, '?fieldValidation=Ignore'))).toBe('');
    const containers = [{ name: 'agent', image: 'hello:1', newInKubernetes: true }];
    const body = agent('pod', { podTemplate: { spec: { containers } } });
    const answer = await to.post(body, '?fieldValidation=Strict');
    expect(answer.json<Stored>().spec).toMatchObject({ podTemplate: { spec: { containers } } });
    expect(warnings(answer)).toContain('newInKubernetes');
  });

  test('of a patch are told with the patched object', async () => {
    await to.post(agent());
    const answer = await to.patch('merge-patch+json', { spec: { wrong: 1 } }, '?fieldValidation=Strict');
    expect(answer.json<Status>().message).toMatch(
      /^ "" is invalid: patch: Invalid value: .*: strict decoding error: unknown field "spec.wrong"$/,
    );
  });
});

describe('a dry run', () => {
  test('answers as if, and nothing is there', async () => {
    const answer = await to.post(agent(), '?dryRun=All');
    expect(answer.status).toBe(201);
    expect(answer.json<Stored>().metadata).not.toHaveProperty('resourceVersion');
    expect(answer.json<Stored>()).not.toHaveProperty('status');
    expect((await to.ask('GET', `${agents}/hello`)).status).toBe(404);
  });

  test('of every write leaves all as it is', async () => {
    await to.post(agent());
    const before = await to.read();
    const changed = { spec: { pauseAfter: '9m' } };
    const { spec } = agent('hello', changed.spec);
    const tried = [
      await to.patch('merge-patch+json', changed, '?dryRun=All'),
      await to.apply(config(spec), 'me', '&force=true&dryRun=All'),
      await to.ask('PUT', `${agents}/hello?dryRun=All`, { body: { ...before, spec } }),
    ];
    for (const answer of tried) {
      expect([answer.status, answer.json<Stored>().spec['pauseAfter']]).toEqual([200, '9m']);
      expect(answer.json<Stored>().metadata).toMatchObject({
        generation: 2,
        resourceVersion: before.metadata.resourceVersion,
      });
    }
    expect((await to.ask('DELETE', `${agents}/hello?dryRun=All`)).status).toBe(200);
    expect((await to.ask('DELETE', `${agents}?dryRun=All`)).status).toBe(200);
    expect(await to.read()).toEqual(before);
  });

  test('refuses what the write itself would refuse', async () => {
    await to.post(agent());
    expect((await to.post(agent(), '?dryRun=All')).json()).toMatchObject({ reason: 'AlreadyExists' });
    const nope = interpreter('x', { template: { image: 'nope' } });
    expect((await to.ask('POST', `${interpreters}?dryRun=All`, { body: nope })).status).toBe(422);
  });
});

test('fields of an invalid object are told as a schema tells them', async () => {
  const answer = await to.post(agent('hello', { warmPoolSize: -1, pauseAfter: 'soon' }));
  expect(answer.json<Status>().details.causes).toEqual([
    {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: -1: spec.warmPoolSize in body should be greater than or equal to 0',
      field: 'spec.warmPoolSize',
    },
    {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: "soon": must be a Go duration such as "30s", not negative, or "never"',
      field: 'spec.pauseAfter',
    },
  ]);
});
