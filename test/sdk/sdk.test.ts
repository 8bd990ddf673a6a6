// The SDK against a platform on one machine, and against separate programs with Redis between them.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { writeFolder } from '../support/folder.ts';
import { sweep } from '../support/leftovers.ts';
import { newDataDir, startPlatform, type Address } from '../support/platform.ts';
import { startPrograms } from '../support/programs.ts';
import { startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { deployedFiles } from './deployed.ts';
import { sdkSuite } from './suite.ts';

jest.setTimeout(120_000);

interface Started extends Address {
  readonly stop: () => Promise<void>;
}

async function oneMachine(): Promise<Started> {
  const platform = await startPlatform({ folder: writeFolder(deployedFiles()) });
  return { ...platform, stop: () => platform.dispose() };
}

/** An activator hears of what is deployed a moment later; triggers are the last of it. */
async function knows(url: string): Promise<boolean> {
  const event = { specversion: '1.0', id: '0', source: '/sdk', type: 'com.example.sdk.good' };
  const headers = { 'content-type': 'application/cloudevents+json' };
  const sent = await fetch(`${url}/v1/namespaces/default/events`, {
    ...{ method: 'POST', headers, body: JSON.stringify(event) },
  });
  return sent.headers.get('x-agentcube-deliveries') === '1';
}

async function separatePrograms(): Promise<Started> {
  const redis = await startRedis();
  const dataDir = newDataDir();
  const folder = writeFolder(deployedFiles());
  const counts = { activators: 1, controllers: 1, autoscalers: 0 };
  const settings = { redisPasswordRequired: false };
  const programs = await startPrograms({ redisAddr: redis.addr, dataDir, folder, settings, ...counts });
  const stop = async (): Promise<void> => {
    await programs.stop();
    await redis.close();
    await sweep(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  };
  const [activatorUrl = '', controlUrl = ''] = programs.all.map(({ url }) => url);
  try {
    await programs.ready();
    await until(() => knows(activatorUrl));
    return { activatorUrl, controlUrl, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

describe.each([
  ['on one machine', oneMachine],
  ['with separate programs', separatePrograms],
])('%s', (_, start) => {
  let started: Started | undefined;
  beforeAll(async () => {
    started = await start();
  });
  afterAll(() => started?.stop());

  sdkSuite(() => ({
    ...(started ?? { controlUrl: '', activatorUrl: '' }),
    ...{ namespace: 'default', interpreter: 'my-codeinterpreter', agent: 'probe' },
  }));
});
