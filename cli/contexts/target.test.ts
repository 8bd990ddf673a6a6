// Which platform a command line means, by flags, variables and kubeconfig files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Io } from '../io.ts';
import { findTarget, type TargetFlags } from './target.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'agentcube-contexts-'));
  const config = {
    'current-context': 'cluster',
    contexts: [
      { name: 'cluster', context: { cluster: 'c', user: 'u', namespace: 'team' } },
      { name: 'laptop', context: { cluster: 'l', user: 'u' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: 'https://api.example:6443' } },
      {
        name: 'l',
        cluster: {
          server: 'http://127.0.0.1:8080',
          extensions: [
            {
              name: 'agentcube',
              extension: { control: 'http://127.0.0.1:8080', activator: 'http://127.0.0.1:8081' },
            },
          ],
        },
      },
    ],
    users: [{ name: 'u', user: { token: 'secret' } }],
  };
  writeFileSync(path.join(folder, 'config'), JSON.stringify(config));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function found(flags: TargetFlags, env: Record<string, string> = {}): Promise<unknown> {
  const io: Io = {
    stdin: Readable.from(['']),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: { AGENTCUBE_DATA_DIR: path.join(folder, 'nobody'), ...env },
    cwd: folder,
    home: folder,
    signal: new AbortController().signal,
  };
  const { name, namespace, where, api, control, router } = await findTarget(io, flags, {});
  return { name, namespace, where, urls: [api.url, control.url, router.url] };
}

const proxied = (service: string, namespace = 'agentcube'): string =>
  `https://api.example:6443/api/v1/namespaces/${namespace}/services/${service}:8080/proxy`;

test('of a cluster the platform is behind the service proxy', async () => {
  expect(await found({ kubeconfig: 'config' })).toEqual({
    name: 'cluster',
    namespace: 'team',
    where: 'cluster',
    urls: ['https://api.example:6443', proxied('workloadmanager'), proxied('agentcube-router')],
  });
  expect(
    await found({ kubeconfig: 'config', platformNamespace: 'p', namespace: 'n', routerUrl: 'http://r' }),
  ).toMatchObject({
    namespace: 'n',
    urls: ['https://api.example:6443', proxied('workloadmanager', 'p'), 'http://r'],
  });
});

test('of a laptop the kubeconfig says both addresses', async () => {
  const urls = ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', 'http://127.0.0.1:8081'];
  expect(await found({ context: 'laptop' }, { KUBECONFIG: path.join(folder, 'config') })).toMatchObject({
    where: 'laptop',
    namespace: 'default',
    urls,
  });
  expect(await found({ kubeconfig: 'config' }, { AGENTCUBE_CONTEXT: 'laptop' })).toMatchObject({ urls });
});

test('two addresses need no kubeconfig', async () => {
  expect(await found({}, { WORKLOAD_MANAGER_URL: 'http://a/', ROUTER_URL: 'http://b/x/' })).toMatchObject({
    urls: ['http://a', 'http://a', 'http://b/x'],
  });
});

test('nothing at all is said as such', async () => {
  await expect(found({})).rejects.toMatchObject({
    ending: 'unreachable',
    hint: expect.stringContaining('agentcube up') as unknown,
  });
});
