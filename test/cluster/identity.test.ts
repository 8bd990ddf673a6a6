// The platform's identity on a real API server: its Secret, the Lease that decides who bids, and who callers are.
import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jwtVerify } from 'jose';
import { newKeyPems, signingKeyOf } from '../../adapters/jwt/key.ts';
import { createSigner } from '../../adapters/jwt/signer.ts';
import { connectKubernetes, type Cluster } from '../../adapters/kubernetes/client.ts';
import { loadIdentity } from '../../adapters/kubernetes/identity.ts';
import { LeasedElection } from '../../adapters/kubernetes/lease.ts';
import { clusterReviews } from '../../adapters/kubernetes/token-review.ts';
import { memoryLeaderElection } from '../../adapters/memory/leader-election.ts';
import { systemClock as clock } from '../../adapters/system/clock.ts';
import type { Bid, Standing } from '../../model/leader-election.ts';
import { apply, eventually, find, kubectl, namespaceFor, type KubeObject } from './kubectl.ts';
import { kubeconfig } from './machine/places.ts';

const namespace = 'test-identity';
const readSecret = { verbs: ['get'], resourceNames: ['picod-router-identity'] };
const inCore = { apiGroups: [''], resources: ['secrets'] };

let cluster: Cluster;
let space: Awaited<ReturnType<typeof namespaceFor>>;

const role = (name: string, rules: readonly object[]) => ({
  ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name, namespace }, rules },
});
const bound = (name: string) => ({
  ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name, namespace } },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
  subjects: [{ kind: 'ServiceAccount', name, namespace }],
});

/** A service account with these rights in the namespace, and a token of it. */
async function account(name: string, rules: readonly object[]): Promise<string> {
  await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  await apply(role(name, rules));
  await apply(bound(name));
  return (await kubectl('create', 'token', name, '-n', namespace)).trim();
}

beforeAll(async () => {
  space = await namespaceFor(namespace);
  cluster = connectKubernetes({ kubeconfig, namespace });
}, 60_000);
afterAll(() => space.remove(), 150_000);

interface Secret extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

describe('the Secret', () => {
  const decoded = (text = ''): string => Buffer.from(text, 'base64').toString();

  test("is one, as AgentCube's router makes it, whoever comes first", async () => {
    const asked = { cluster, namespace, makeKey: newKeyPems };
    const keys = await Promise.all([1, 2, 3].map(() => loadIdentity(asked)));
    expect(new Set(keys.map(({ privatePem }) => privatePem)).size).toBe(1);
    const secret = await find<Secret>('secret', 'picod-router-identity', namespace);
    expect(secret?.metadata.labels).toEqual({ app: 'agentcube', component: 'router' });
    expect(decoded(secret?.data['private.pem'])).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(decoded(secret?.data['public.pem'])).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });

  test('signs what its public half verifies', async () => {
    const { privatePem, where } = await loadIdentity({ cluster, namespace });
    const signer = createSigner({ key: signingKeyOf(privatePem, where), clock });
    const secret = await find<Secret>('secret', 'picod-router-identity', namespace);
    const key = createPublicKey(decoded(secret?.data['public.pem']));
    const { payload } = await jwtVerify(await signer.tokenFor('s'), key);
    expect(payload).toMatchObject({ iss: 'agentcube-router', session_id: 's' });
  });
});

describe('a Lease', () => {
  const bidOf = (holder: string): Bid => ({
    ...{ role: 'controller', holder, url: `http://${holder}`, ttlMs: 3_000, seenTerm: 0, beats: 0 },
  });

  test('of two programs one leads; when it goes, the other does, and kubectl shows who', async () => {
    const election = memoryLeaderElection(clock);
    const log = (): void => undefined;
    const open = () => new LeasedElection({ cluster, namespace, name: 'lead', election, clock, log });
    const [a, b] = [open(), open()];
    const first = await a.bid(bidOf('a'));
    expect(first.kind).toBe('leading');
    expect(await b.bid(bidOf('b'))).toMatchObject({ leader: { holder: 'a', url: 'http://a' } });
    const holder = () =>
      kubectl('get', 'lease', 'lead', '-n', namespace, '-o', 'jsonpath={.spec.holderIdentity}');
    expect(await holder()).toBe('a');
    await a.resign('controller', 'a', first.term);
    const standing = (): Promise<Standing> => b.bid(bidOf('b'));
    await eventually('b leads', standing, ({ kind }) => kind === 'leading', 10_000);
    expect(await holder()).toBe('b');
  }, 30_000);
});

describe('a caller', () => {
  const sandboxes = { group: 'agents.x-k8s.io', resource: 'sandboxes' };

  test('is known by the token of its service account, and so are its rights', async () => {
    const token = await account('caller', [
      { apiGroups: ['agents.x-k8s.io'], resources: ['sandboxes'], verbs: ['create'] },
    ]);
    const reviews = clusterReviews(cluster);
    const caller = await reviews.callerOf(token);
    expect(caller?.username).toBe(`system:serviceaccount:${namespace}:caller`);
    if (!caller) throw new Error('nobody');
    const may = (verb: 'create' | 'delete', where: string): Promise<boolean> =>
      reviews.may(caller, { ...sandboxes, verb, namespace: where });
    expect([
      await may('create', namespace),
      await may('delete', namespace),
      await may('create', 'default'),
    ]).toEqual([true, false, false]);
  });

  test('with something else in its hands is nobody', async () => {
    expect(await clusterReviews(cluster).callerOf('no.such.token')).toBeUndefined();
  });
});

describe('with the least rights', () => {
  /** The API server as that account sees it. */
  const as = (token: string): Cluster => {
    const one = connectKubernetes({ kubeconfig, namespace });
    const name = one.config.getCurrentUser()?.name ?? '';
    one.config.users = [{ name, token }];
    return one;
  };

  test('whoever may get this one Secret has the key, and no other', async () => {
    const reader = as(await account('reader', [{ ...inCore, ...readSecret }]));
    expect((await loadIdentity({ cluster: reader, namespace })).privatePem).toMatch(/RSA PRIVATE KEY/);
    await kubectl('create', 'secret', 'generic', 'other', '-n', namespace);
    const other = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other', namespace } };
    await expect(reader.read(other)).rejects.toMatchObject({ reason: 'Forbidden' });
  });

  test('whoever may not is told so in words', async () => {
    const nobody = as(await account('nobody', []));
    await expect(loadIdentity({ cluster: nobody, namespace, makeKey: newKeyPems })).rejects.toMatchObject({
      code: 'CLUSTER_UNAVAILABLE',
      message: expect.stringContaining('cannot get resource "secrets"'),
    });
  });
});
