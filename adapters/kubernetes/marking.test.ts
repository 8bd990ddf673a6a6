import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { realClock } from '../../test/support/real-clock.ts';
import {
  scriptedApiServer,
  type ScriptedAnswer,
  type ScriptedApiServer,
  type ScriptedRequest,
} from '../../test/support/scripted-api-server.ts';
import { specOf } from '../../test/support/local-driver.ts';
import type { SessionMark } from '../../model/sandbox-spec.ts';
import { connectKubernetes } from './client.ts';
import { claimsWanted, Marker } from './marking.ts';
import { SandboxBook } from './sandbox-book.ts';
import { sandboxObject, type SandboxObject } from './sandbox-object.ts';

const spec = specOf({ uid: 'runtime-uid' });
const made = sandboxObject(spec, { publicKeyPem: 'PEM', platform: 'p' });
const object: SandboxObject = {
  ...made,
  metadata: { ...made.metadata, uid: 'object-uid', resourceVersion: '1' },
};
const mark: SessionMark = {
  ...{ id: 'session-1', labels: {}, createdAt: 0 },
  runtime: { kind: 'AgentRuntime', namespace: 'default', name: 'probe' },
  policy: { pauseAfterMs: 1, suspendAfterMs: null, sessionTimeoutMs: 1, maxSessionDurationMs: 1 },
};
const status = (code: number, reason: string): ScriptedAnswer => ({
  status: code,
  body: { kind: 'Status', reason, message: reason },
});

let server: ScriptedApiServer;
let book: SandboxBook;
let patched: ScriptedAnswer | undefined;
let claimed: ScriptedAnswer;
beforeEach(async () => {
  patched = undefined;
  claimed = { body: { metadata: { name: spec.name, uid: 'claim-uid' } } };
  const merged = ({ body }: ScriptedRequest): ScriptedAnswer => {
    const { labels, annotations } = (body as SandboxObject).metadata;
    const metadata = {
      ...{ ...object.metadata, resourceVersion: '2' },
      labels: { ...object.metadata.labels, ...labels },
      annotations: { ...object.metadata.annotations, ...annotations },
    };
    return { body: { ...object, metadata } };
  };
  server = await scriptedApiServer((request) => {
    if (request.method === 'POST') return claimed;
    if (request.method === 'PATCH') return patched ?? merged(request);
    return { body: { items: [] } };
  });
  const cluster = connectKubernetes({ server: server.url });
  book = new SandboxBook({ cluster, platform: 'p', clock: realClock, log: () => undefined });
  book.learn(object);
});
afterEach(() => server.close());

const marker = (claims: boolean): Marker =>
  new Marker({
    cluster: connectKubernetes({ server: server.url }),
    book,
    claims,
    clock: realClock,
    log: () => undefined,
  });
const writes = () => server.requests.map(({ method, path }) => `${method} ${path.split('/').at(-2)}`);

describe('a mark', () => {
  test('is one write without claims, of that very object, and none when it is written already', async () => {
    await marker(false).mark(spec.id, mark, 'pod/0');
    await marker(false).mark(spec.id, mark, 'pod/0');
    expect(writes()).toEqual(['PATCH sandboxes']);
    expect(server.requests[0]?.body).toMatchObject({
      metadata: { uid: 'object-uid', ownerReferences: null },
    });
  });

  test('is two with claims: the claim, and the Sandbox that it holds', async () => {
    await marker(true).mark(spec.id, mark, 'pod/0');
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    const owner = [{ kind: 'SandboxClaim', uid: 'claim-uid', controller: true }];
    expect(server.requests[1]?.body).toMatchObject({ metadata: { ownerReferences: owner } });
    // A change of the spec would have agent-sandbox write two statuses.
    expect(server.requests[1]?.body).not.toHaveProperty('spec');
    expect(server.requests[0]?.body).toMatchObject({ spec: { lifecycle: { shutdownPolicy: 'Delete' } } });
  });

  test('is written all the same where claims are refused', async () => {
    claimed = status(403, 'Forbidden');
    await marker(true).mark(spec.id, mark, undefined);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    expect(server.requests[1]?.body).toMatchObject({ metadata: { ownerReferences: null } });
  });

  test('of another session is refused', async () => {
    await marker(false).mark(spec.id, mark, undefined);
    const other = marker(false).mark(spec.id, { ...mark, id: 'session-2' }, undefined);
    await expect(other).rejects.toMatchObject({ code: 'SESSION_STATE' });
  });

  test('of what was deleted meanwhile leaves no claim behind', async () => {
    patched = status(404, 'NotFound');
    await expect(marker(true).mark(spec.id, mark, undefined)).rejects.toMatchObject({
      code: 'SANDBOX_CRASHED',
    });
    expect(server.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      body: { preconditions: { uid: 'claim-uid' } },
    });
  });

  test('that cannot be written is tried again by whoever asked', async () => {
    patched = status(503, 'ServiceUnavailable');
    const work = marker(false).mark(spec.id, mark, undefined);
    await expect(work).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
  });

  test('of what nobody knows says so', async () => {
    await expect(marker(false).mark('nobody', mark, undefined)).rejects.toMatchObject({
      code: 'SANDBOX_CRASHED',
    });
  });
});

describe('whether claims are made', () => {
  const asked = (setting: 'auto' | 'on' | 'off') =>
    claimsWanted(connectKubernetes({ server: server.url }), setting);

  test('is asked of the API server unless it was said', async () => {
    server.answer = () => ({ body: { resources: [{ name: 'sandboxclaims' }] } });
    expect([await asked('on'), await asked('off')]).toEqual([true, false]);
    expect(server.requests).toEqual([]);
    expect(await asked('auto')).toBe(true);
    server.answer = () => status(404, 'NotFound');
    expect(await asked('auto')).toBe(false);
  });

  test('is not guessed while it does not answer', async () => {
    server.answer = () => status(503, 'ServiceUnavailable');
    await expect(asked('auto')).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
  });
});
