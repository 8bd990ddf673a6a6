// The Secret of the platform's key: as AgentCube makes it, made once, and never changed.
import { describe, expect, test } from '@jest/globals';
import type { Cluster } from './client.ts';
import { ApiRefusal } from './cluster-failures.ts';
import { loadIdentity } from './identity.ts';
import type { Identified } from './objects.ts';

interface Server extends Pick<Cluster, 'read' | 'create'> {
  readonly held: Identified[];
}

/** `late`: what a read does not see yet although it is there, as when another program makes it in the same moment. */
function server(held: Identified[] = [], late = false): Server {
  let unseen = late;
  return {
    held,
    async read<T>() {
      if (!unseen) return held[0] as T | undefined;
      unseen = false;
      return undefined;
    },
    async create<T extends Identified>(object: T) {
      if (held.length > 0) throw new ApiRefusal(409, 'AlreadyExists', 'secrets "x" already exists');
      held.push(object);
      return object;
    },
  };
}

const forbidding: Server = {
  held: [],
  read: () => Promise.reject(new ApiRefusal(403, 'Forbidden', 'secrets is forbidden')),
  create: () => Promise.reject(new ApiRefusal(403, 'Forbidden', 'secrets is forbidden')),
};

let made = 0;
const makeKey = async () => ({ privatePem: `private ${(made += 1)}`, publicPem: `public ${made}` });
const namespace = 'agentcube';
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the Secret', () => {
  test("is made with AgentCube's name, labels and fields", async () => {
    const cluster = server();
    const { privatePem } = await loadIdentity({ cluster, namespace, makeKey });
    expect(cluster.held).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 'picod-router-identity',
          namespace: 'agentcube',
          labels: { app: 'agentcube', component: 'router' },
        },
        type: 'Opaque',
        data: { 'private.pem': base64(privatePem), 'public.pem': base64(`public ${made}`) },
      },
    ]);
  });

  test('is kept as it is found, also by whoever may not make one', async () => {
    const cluster = server();
    const first = await loadIdentity({ cluster, namespace, makeKey });
    expect(await loadIdentity({ cluster, namespace, makeKey })).toEqual(first);
    expect(await loadIdentity({ cluster, namespace })).toEqual(first);
  });

  test('that another made in the same moment is the one that counts', async () => {
    const { held } = server();
    const first = await loadIdentity({ cluster: server(held), namespace, makeKey });
    expect(await loadIdentity({ cluster: server(held, true), namespace, makeKey })).toEqual(first);
  });

  test('that is not there yet is worth waiting for; one that is forbidden says so', async () => {
    await expect(loadIdentity({ cluster: server(), namespace })).rejects.toMatchObject({
      code: 'CLUSTER_UNAVAILABLE',
      message: expect.stringContaining('agentcube/picod-router-identity is not there yet'),
    });
    await expect(loadIdentity({ cluster: forbidding, namespace, makeKey })).rejects.toMatchObject({
      code: 'CLUSTER_UNAVAILABLE',
      details: { reason: 'forbidden' },
    });
  });

  test('without a key in it is named, and left', async () => {
    const empty = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'picod-router-identity' }, data: {} };
    await expect(loadIdentity({ cluster: server([empty]), namespace, makeKey })).rejects.toThrow(
      /picod-router-identity has no private\.pem/,
    );
  });
});
