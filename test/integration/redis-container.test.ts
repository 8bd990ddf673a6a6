// The stores' contracts against Redis as most people run it: the server in a container, reached through a mapped port.
// The image is made of this machine's own redis-server (.ci/redis-image); AGENTCUBE_TEST_REDIS_IMAGE names another one.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { redisResourceStore } from '../../adapters/redis/resources.ts';
import { redisSessionStore } from '../../adapters/redis/session-store.ts';
import type { RedisSettings } from '../../adapters/redis/settings.ts';
import { resourcesContract } from '../contract/suites/resource-store.ts';
import { leasesContract } from '../contract/suites/session-store-leases.ts';
import { poolContract } from '../contract/suites/session-store-pool.ts';
import { sessionsContract, type OpenStore } from '../contract/suites/session-store-sessions.ts';
import { startDocker, type Docker } from '../support/docker.ts';
import { newSpace, openPrepared, plainSettings } from '../support/redis-kinds.ts';
import { sessionIn } from '../support/sessions.ts';
import { until } from '../support/until.ts';

jest.setTimeout(120_000);

const port = 6379;
const repository = path.resolve(import.meta.dirname, '../..');
const fence = { role: 'controller', term: 1 } as const;

let docker: Docker;
let container: StartedTestContainer;
let settings: RedisSettings;

const imageName = (): string =>
  process.env['AGENTCUBE_TEST_REDIS_IMAGE'] ??
  execFileSync(path.join(repository, '.ci/redis-image'), {
    encoding: 'utf8',
    env: process.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();

beforeAll(async () => {
  docker = await startDocker();
  process.env['DOCKER_HOST'] = docker.host;
  // Its helper container would have to be pulled; a private daemon takes its containers along when it ends.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  if (docker.host.startsWith('unix:')) process.env['TESTCONTAINERS_HOST_OVERRIDE'] = '127.0.0.1';
  container = await new GenericContainer(imageName())
    .withExposedPorts(port)
    .withCommand(['redis-server', '--protected-mode', 'no', '--appendonly', 'yes'])
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  settings = plainSettings(`${container.getHost()}:${container.getMappedPort(port)}`);
});

afterAll(async () => {
  await container?.stop();
  await docker?.stop();
});

const openStore: OpenStore = async () => {
  const connection = await openPrepared(newSpace(settings));
  return { ...redisSessionStore(connection.link, { fence }), close: () => connection.close() };
};

const openResources = async () => {
  const connection = await openPrepared(newSpace(settings));
  return { store: redisResourceStore(connection.link, fence), close: () => connection.close() };
};

describe('Redis in a container', () => {
  sessionsContract(openStore);
  leasesContract(openStore);
  poolContract(openStore);
  resourcesContract(openResources);

  test('is Redis 7', async () => {
    const { output } = await container.exec(['redis-cli', 'INFO', 'server']);
    expect(output).toMatch(/redis_version:7\./);
  });

  test('restarted, its sessions are there', async () => {
    const connection = await openPrepared(newSpace(settings));
    const store = redisSessionStore(connection.link);
    const session = sessionIn('running');
    await store.create(session, null);
    const { exitCode } = await container.exec(['redis-cli', 'DEBUG', 'RESTART']);
    expect(exitCode).toBe(0);
    await until(() =>
      store.get(session.id).then(
        (record) => record !== undefined,
        () => false,
      ),
    );
    await connection.close();
  });
});
