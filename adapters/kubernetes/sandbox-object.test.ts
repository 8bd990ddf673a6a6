import { describe, expect, test } from '@jest/globals';
import { validateRuntime } from '../../model/problem.ts';
import type { SandboxSpec, SessionMark } from '../../model/sandbox-spec.ts';
import { workloadOf } from '../../model/workload.ts';
import {
  claimedPatch,
  claimObject,
  markIn,
  runIn,
  sandboxObject,
  specIn,
  type SandboxObject,
} from './sandbox-object.ts';

const made = { publicKeyPem: 'PEM', platform: 'agentcube' };

function specOf(runtime: object, session?: SessionMark): SandboxSpec {
  const result = validateRuntime({
    ...{ apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1', ...runtime },
    metadata: { name: 'my-runtime', namespace: 'n', uid: 'runtime-uid' },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const workload = workloadOf(result.runtime);
  return {
    id: 'id-1',
    name: 'my-runtime-abcd1234',
    generation: 1,
    workload,
    revision: 'r1',
    ...(session && { session }),
  };
}
const interpreter = { kind: 'CodeInterpreter', spec: { template: { image: 'picod' } } };
const podSpec = { schedulerName: 'agent-scheduler', containers: [{ name: 'a', image: 'i' }] };
const agent = {
  kind: 'AgentRuntime',
  spec: {
    targetPort: [{ port: 8080 }],
    podTemplate: { labels: { app: 'x' }, annotations: { note: 'y' }, spec: podSpec },
  },
};
const mark: SessionMark = {
  id: 'session-1',
  runtime: { kind: 'CodeInterpreter', namespace: 'n', name: 'my-runtime' },
  labels: {},
  ownerId: 'ada',
  policy: {
    pauseAfterMs: 1,
    suspendAfterMs: null,
    sessionTimeoutMs: 900_000,
    maxSessionDurationMs: 3_600_000,
  },
  createdAt: Date.UTC(2026, 0, 1),
};

describe('a warm sandbox', () => {
  const object = sandboxObject(specOf(interpreter), made);

  test("is its runtime's and nobody else's", () => {
    expect(object.metadata).toMatchObject({ name: 'my-runtime-abcd1234', namespace: 'n' });
    expect(object.metadata.labels).toEqual({
      'agentcube.volcano.sh/sandbox': 'id-1',
      'agentcube.volcano.sh/platform': 'agentcube',
      'runtime.agentcube.io/workload-name': 'my-runtime',
      'managed-by': 'agentcube-workload-manager',
    });
    expect(object.metadata.ownerReferences).toMatchObject([
      { kind: 'CodeInterpreter', name: 'my-runtime', uid: 'runtime-uid', controller: true },
    ]);
    expect(object.spec).not.toHaveProperty('shutdownTime');
    expect(markIn(object)).toBeUndefined();
  });

  test('has the key of the platform where its daemon checks tokens, and nowhere else', () => {
    const [container] = object.spec.podTemplate.spec.containers;
    expect(container).toMatchObject({
      name: 'code-interpreter',
      env: [{ name: 'PICOD_AUTH_PUBLIC_KEY', value: 'PEM' }],
    });
    expect(JSON.stringify(sandboxObject(specOf(agent), made))).not.toContain('PICOD');
  });

  test('tells what it is', () => {
    const spec = specOf(interpreter);
    expect(specIn(object)).toMatchObject({
      ...spec,
      workload: { ...spec.workload, pod: expect.anything() as object },
    });
  });
});

describe('a cold sandbox', () => {
  const object = sandboxObject(specOf(agent, mark), made);

  test('has what AgentCube gives it, and outlives its runtime', () => {
    expect(object.metadata.labels).toMatchObject({ 'runtime.agentcube.io/session-id': 'session-1' });
    expect(object.metadata.labels?.['agentcube.io/owner-hash']).toMatch(/^[0-9a-f]{63}$/);
    expect(object.metadata.annotations).toMatchObject({
      'runtime.agentcube.io/idle-timeout': '15m0s',
      'agentcube.io/owner': 'ada',
    });
    expect(object.metadata).not.toHaveProperty('ownerReferences');
    expect(object.spec).toMatchObject({ shutdownTime: '2026-01-01T01:00:00Z', operatingMode: 'Running' });
    expect(markIn(object)).toEqual(mark);
  });

  test("is its runtime's template otherwise", () => {
    const { metadata, spec } = object.spec.podTemplate;
    expect(spec).toEqual(podSpec);
    expect(metadata?.annotations).toEqual({ note: 'y' });
    expect(metadata?.labels).toMatchObject({
      app: 'x',
      'runtime.agentcube.io/sandbox-name': 'my-runtime-abcd1234',
    });
  });
});

describe('a claimed one', () => {
  test('says whose it is, and which run of it', () => {
    const patch = claimedPatch(mark, 'u/0');
    expect(patch.metadata.ownerReferences).toBeNull();
    expect(patch.spec?.shutdownTime).toBe('2026-01-01T01:00:00Z');
    expect(runIn({ metadata: patch.metadata } as unknown as SandboxObject)).toBe('u/0');
  });

  test('is held by its claim, which its runtime owns', () => {
    const claim = claimObject(specOf(interpreter), mark, 0);
    expect(claim).toMatchObject({
      metadata: {
        name: 'my-runtime-abcd1234',
        labels: { 'runtime.agentcube.io/session-id': 'session-1' },
        annotations: { 'agents.x-k8s.io/sandbox-name': 'my-runtime-abcd1234' },
        ownerReferences: [{ kind: 'CodeInterpreter', controller: false }],
      },
      spec: { warmPoolRef: { name: 'my-runtime' }, lifecycle: { shutdownTime: '2026-01-01T01:00:00Z' } },
    });
    const { ownerReferences } = claimedPatch(mark, undefined, {
      ...claim.metadata,
      uid: 'claim-uid',
    }).metadata;
    expect(ownerReferences).toMatchObject([{ kind: 'SandboxClaim', uid: 'claim-uid', controller: true }]);
  });
});

test.each(['', '{', '{}', '{"id":"x","generation":1}', '[]', 'null'])(
  'an annotation %j is not understood',
  (text) => {
    const object = sandboxObject(specOf(agent), made);
    const annotations = { 'agentcube.volcano.sh/spec': text };
    expect(specIn({ ...object, metadata: { ...object.metadata, annotations } })).toBeUndefined();
  },
);

test('a name that is too long for a label is cut', () => {
  const spec = specOf(agent);
  const name = `${'a'.repeat(62)}-b`;
  const { metadata } = sandboxObject({ ...spec, workload: { ...spec.workload, name } }, made);
  expect(metadata.labels?.['runtime.agentcube.io/workload-name']).toBe('a'.repeat(62));
});
