import { describe, expect, test } from '@jest/globals';
import { isUnknownField, validateRuntime, type Problem } from './problem.ts';

const apiVersion = 'runtime.agentcube.volcano.sh/v1alpha1';
const metadata = { name: 'a' };

const agentWith = (container: object, spec: object = {}): unknown => ({
  apiVersion,
  kind: 'AgentRuntime',
  metadata,
  spec: {
    targetPort: [{ port: 8080 }],
    podTemplate: { spec: { containers: [{ name: 'c', image: 'i', ...container }] } },
    ...spec,
  },
});

const interpreterWith = (spec: object): unknown => ({
  apiVersion,
  kind: 'CodeInterpreter',
  metadata,
  spec: { template: { image: 'i' }, ...spec },
});

function problemsOf(value: unknown): readonly Problem[] {
  const result = validateRuntime(value);
  return result.ok ? [] : result.problems;
}

describe('a valid runtime', () => {
  test('comes back as given, with the defaults that a CRD would write', () => {
    const given = agentWith({ resources: { limits: { cpu: 0.5, memory: '64Mi' } } }, { pauseAfter: '10s' });
    const result = validateRuntime(given);
    expect(result).toMatchObject({ ok: true, runtime: given });
    expect(result).toMatchObject({
      runtime: { metadata: { namespace: 'default' }, spec: { sessionTimeout: '15m' } },
    });
    expect(result).not.toHaveProperty('runtime.spec.warmPoolSize');
  });

  test('is validated to itself again', () => {
    const once = validateRuntime(agentWith({}));
    expect(once.ok && validateRuntime(once.runtime)).toEqual(once);
  });

  test('may have fields that are null, which says that they are not given', () => {
    const given = {
      ...(agentWith({ env: [{ name: 'A', value: null }] }, { sessionTimeout: null }) as object),
      metadata: { name: 'a', creationTimestamp: null, labels: null },
      status: {},
    };
    expect(validateRuntime(given)).toMatchObject({ ok: true, runtime: { spec: { sessionTimeout: '15m' } } });
    expect(validateRuntime(given)).not.toHaveProperty('runtime.metadata.labels');
  });

  test('may come with the status that an earlier one had', () => {
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'R',
      message: 'm',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = { conditions: [condition], ready: true, more: 1 };
    expect(validateRuntime({ ...(agentWith({}) as object), status }).ok).toBe(true);
  });
});

describe('a problem', () => {
  test.each<[string, unknown, Problem]>([
    [
      'of a misspelt field names the one that was meant',
      agentWith({ imag: 'x' }),
      {
        path: 'spec.podTemplate.spec.containers[0].imag',
        message: 'unknown field "spec.podTemplate.spec.containers[0].imag", did you mean "image"?',
        expected: 'image',
      },
    ],
    [
      'of an unknown field lists those that there are',
      { ...(interpreterWith({}) as object), extra: 1 },
      {
        path: 'extra',
        message: 'unknown field "extra"',
        expected: 'one of apiVersion, kind, metadata, spec, status',
      },
    ],
    [
      'of a missing field says so',
      interpreterWith({ template: {} }),
      { path: 'spec.template.image', message: 'is missing', expected: 'the name of an image' },
    ],
    [
      'of a wrong type says what was found',
      interpreterWith({ template: { image: 'i', command: 'python3' } }),
      { path: 'spec.template.command', message: 'got "python3"', expected: 'a list' },
    ],
    [
      'of a variable that is a number says to quote it',
      agentWith({ env: [{ name: 'PORT', value: 8080 }] }),
      {
        path: 'spec.podTemplate.spec.containers[0].env[0].value',
        message: 'got the number 8080',
        expected: 'a string (put numbers, true and false in quotes)',
      },
    ],
    [
      'of a duration speaks as Go does',
      interpreterWith({ sessionTimeout: '5' }),
      {
        path: 'spec.sessionTimeout',
        message: 'time: missing unit in duration "5"',
        expected: 'a Go duration such as "15m" or "1h30m", not negative',
      },
    ],
    [
      'of a quantity speaks as Kubernetes does',
      interpreterWith({ template: { image: 'i', resources: { limits: { 'nvidia.com/gpu': '1i' } } } }),
      {
        path: 'spec.template.resources.limits["nvidia.com/gpu"]',
        message: "unable to parse quantity's suffix",
        expected: 'a quantity such as 500m, 2 or 128Mi',
      },
    ],
    [
      'of an enum lists its values',
      interpreterWith({ authMode: 'jwt' }),
      { path: 'spec.authMode', message: 'got "jwt"', expected: 'picod or none' },
    ],
    [
      'of a port reference names the ports that there are',
      agentWith({
        ports: [{ name: 'http', containerPort: 1 }],
        readinessProbe: { httpGet: { port: 'web' } },
      }),
      {
        path: 'spec.podTemplate.spec.containers[0].readinessProbe.httpGet.port',
        message: 'no port of the container is named "web"',
        expected: 'a port number or "http"',
      },
    ],
    [
      'of a request above its limit gives the limit',
      interpreterWith({
        template: { image: 'i', resources: { requests: { cpu: 2 }, limits: { cpu: '500m' } } },
      }),
      {
        path: 'spec.template.resources.requests.cpu',
        message: 'must be less than or equal to cpu limit of 500m',
        expected: 'at most 500m',
      },
    ],
  ])('%s', (_, value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  test.each([
    ['ports', 'targetPort', agentWith({}, { ports: [] })],
    ['template', 'podTemplate', agentWith({}, { template: {} })],
    ['targetPort', 'ports', interpreterWith({ targetPort: [] })],
    ['env', 'environment', interpreterWith({ template: { image: 'i', env: [] } })],
    ['environment', 'env', agentWith({ environment: [] })],
  ])('of the other kind’s %s points to %s', (_, meant, value) => {
    expect(problemsOf(value)).toEqual([expect.objectContaining({ expected: meant })]);
  });

  test('does not hide another', () => {
    const value = {
      apiVersion: 'v1',
      kind: 'CodeInterpreter',
      metadata: { name: 'A', lables: {} },
      spec: { template: {}, warmPoolSize: -1, sessionTimeout: 'soon', authMod: 'none' },
    };
    expect(
      problemsOf(value)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([
      'apiVersion',
      'metadata.lables',
      'metadata.name',
      'spec.authMod',
      'spec.sessionTimeout',
      'spec.template.image',
      'spec.warmPoolSize',
    ]);
  });

  test('is located by whoever knows the file', () => {
    const result = validateRuntime(interpreterWith({ template: {} }), (path) => ({
      file: 'f.yaml',
      line: path.length,
    }));
    expect(result).toMatchObject({ problems: [{ path: 'spec.template.image', file: 'f.yaml', line: 3 }] });
  });
});

describe('something else than a runtime', () => {
  test.each([undefined, null, 'x', 5, [], [1]])('%j is told what is expected', (value) => {
    expect(problemsOf(value)).toEqual([
      {
        path: '',
        message: expect.any(String),
        expected: 'an object of kind AgentRuntime or CodeInterpreter',
      },
    ]);
  });

  test('of another kind is told the kinds that there are', () => {
    expect(problemsOf({ apiVersion: 'apps/v1', kind: 'Deployment', spec: {} })).toEqual([
      { path: 'apiVersion', message: 'got "apps/v1"', expected: apiVersion },
      { path: 'kind', message: 'got "Deployment"', expected: 'AgentRuntime or CodeInterpreter' },
    ]);
  });

  test('of nearly a kind is told the kind that was meant', () => {
    expect(problemsOf({ apiVersion, kind: 'agentRuntimes' })).toEqual([
      expect.objectContaining({ message: 'got "agentRuntimes", did you mean "AgentRuntime"?' }),
    ]);
  });

  test('nested without end is refused, not followed', () => {
    const endless: Record<string, unknown> = { apiVersion, kind: 'AgentRuntime' };
    endless['spec'] = endless;
    expect(problemsOf(endless)).toEqual([expect.objectContaining({ message: 'is nested too deeply' })]);
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as unknown;
    expect(problemsOf(deep)).toEqual([expect.objectContaining({ message: 'is nested too deeply' })]);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('has no field %s', (name) => {
    const value = JSON.parse(
      `{"apiVersion":"${apiVersion}","kind":"CodeInterpreter","metadata":{"name":"a"},"spec":{"template":{"image":"i","${name}":1}}}`,
    ) as unknown;
    expect(problemsOf(value)).toEqual([expect.objectContaining({ path: `spec.template.${name}` })]);
  });
});

describe('problems that do not count', () => {
  const given = agentWith({ tomorrow: 1 }, { sessionTimeout: '1m' });

  test('leave a runtime valid, and are told', () => {
    const result = validateRuntime(given, undefined, (problem) => !isUnknownField(problem));
    expect(result).toMatchObject({
      ok: true,
      runtime: { spec: { sessionTimeout: '1m' } },
      passedOver: [{ path: 'spec.podTemplate.spec.containers[0].tomorrow' }],
    });
  });

  test('leave it invalid where another does', () => {
    const worse = agentWith({ tomorrow: 1 }, { sessionTimeout: 'x' });
    const result = validateRuntime(worse, undefined, (problem) => !isUnknownField(problem));
    expect(result).toMatchObject({ ok: false, problems: [{ path: 'spec.sessionTimeout' }] });
  });
});
