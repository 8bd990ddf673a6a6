// Who the API server says that it is, when it passes requests on: read from the cluster, and followed when it changes.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { manualClock } from '../../test/support/manual-clock.ts';
import { scriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-api-server.ts';
import { connectKubernetes } from './client.ts';
import { PublishedFrontProxy } from './front-proxy.ts';

const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;

const configMap = (version: number, data: Record<string, string>) => ({
  metadata: {
    ...{ name: 'extension-apiserver-authentication', namespace: 'kube-system', uid: 'u' },
    resourceVersion: String(version),
  },
  data,
});

let server: ScriptedApiServer;
let proxy: PublishedFrontProxy;
let data: Record<string, string> | undefined;

beforeEach(async () => {
  server = await scriptedApiServer(() => ({
    body: {
      ...{ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '1' } },
      items: data ? [configMap(1, data)] : [],
    },
  }));
  proxy = new PublishedFrontProxy({
    ...{ cluster: connectKubernetes({ server: server.url }), clock: manualClock(), log: () => undefined },
  });
});

afterEach(async () => {
  proxy.stop();
  await server.close();
});

describe('the API server is known', () => {
  test('by all certificates that it publishes, and by its names', async () => {
    data = {
      'requestheader-client-ca-file': `${pem('one')}\n${pem('two')}\n`,
      'requestheader-allowed-names': '["front-proxy-client","other"]',
    };
    await proxy.start();
    expect(proxy.authorities()).toEqual([pem('one'), pem('two')]);
    expect(proxy.names()).toEqual(['front-proxy-client', 'other']);
  });

  test('by any name where it says none', async () => {
    data = { 'requestheader-client-ca-file': pem('one'), 'requestheader-allowed-names': '' };
    await proxy.start();
    expect(proxy.names()).toEqual([]);
  });

  test('by no name where its names cannot be read', async () => {
    data = {
      'requestheader-client-ca-file': pem('one'),
      'requestheader-allowed-names': 'front-proxy-client',
    };
    await proxy.start();
    expect(proxy.names()).toEqual(['']);
  });

  test('by nothing where it passes nothing on', async () => {
    data = { 'client-ca-file': pem('of users') };
    await proxy.start();
    expect(proxy.authorities()).toEqual([]);
  });

  test('only one object is asked for, so that no more need be allowed', async () => {
    data = {};
    await proxy.start();
    expect(server.requests[0]?.query.get('fieldSelector')).toBe(
      'metadata.name=extension-apiserver-authentication',
    );
  });
});

test('new certificates are told of', async () => {
  data = { 'requestheader-client-ca-file': pem('one') };
  await proxy.start();
  const watch = await server.nextWatch();
  const changed = new Promise<void>((resolve) => proxy.onChange(resolve));
  watch.send('MODIFIED', configMap(2, { 'requestheader-client-ca-file': pem('two') }));
  await changed;
  expect(proxy.authorities()).toEqual([pem('two')]);
});
