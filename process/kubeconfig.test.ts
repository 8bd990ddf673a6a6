// The kubeconfig that npm start writes, as Kubernetes' own client library reads it.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { kubeconfig, writeKubeconfig } from './kubeconfig.ts';

const addresses = { controlUrl: 'http://127.0.0.1:8080', activatorUrl: 'http://127.0.0.1:8081' };
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

test('leads to the control port, in one context, and is for nobody else', () => {
  const file = writeKubeconfig(dataDir, addresses);
  const config = new KubeConfig();
  config.loadFromFile(file);
  expect(config.getCurrentContext()).toBe('agentcube-local');
  expect(config.getContextObject('agentcube-local')?.namespace).toBe('default');
  expect(config.getCurrentCluster()?.server).toBe('http://127.0.0.1:8080');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('is written over the one of an earlier start, and leaves nothing beside it', () => {
  writeKubeconfig(dataDir, addresses);
  writeKubeconfig(dataDir, { ...addresses, controlUrl: 'http://127.0.0.1:9090' });
  expect(readdirSync(dataDir)).toEqual(['kubeconfig']);
});

test.each([
  ['http://0.0.0.0:8080', 'http://127.0.0.1:8080'],
  ['http://[::]:8080', 'http://[::1]:8080'],
])('where the platform listens on %s, it is called at %s', (controlUrl, server) => {
  expect(kubeconfig({ ...addresses, controlUrl })).toMatchObject({
    clusters: [
      {
        cluster: {
          server,
          extensions: [
            { name: 'agentcube', extension: { control: server, activator: addresses.activatorUrl } },
          ],
        },
      },
    ],
  });
});
