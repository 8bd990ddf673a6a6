// The contracts of what lies between the autoscaler and the others, against each adapter that this machine can run without help.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { memoryPoolTargets } from '../../adapters/memory/pool-targets.ts';
import { memoryScalerMemory } from '../../adapters/memory/scaler-memory.ts';
import { createScalingBus } from '../../adapters/memory/scaling-bus.ts';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteScalerMemory } from '../../adapters/sqlite/scaler-memory.ts';
import { newSpace, plainSettings } from '../support/redis-kinds.ts';
import { openRedisMemory, openRedisReports, openRedisTargets } from '../support/redis-scaling.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { poolTargetsContract, type OpenTargets } from './suites/pool-targets.ts';
import { scalerMemoryContract, type OpenMemory } from './suites/scaler-memory.ts';
import { keyOf, scalingReportsContract, type OpenReports } from './suites/scaling-reports.ts';

jest.setTimeout(30_000);

const nothing = async (): Promise<void> => undefined;

async function reportsInMemory(): Promise<OpenReports> {
  const { demand, supply } = createScalingBus(() => undefined);
  return { demand, supply, heard: { ...demand, ...supply }, listening: nothing, close: nothing };
}

async function targetsInMemory(): Promise<OpenTargets> {
  const targets = memoryPoolTargets();
  return { writes: targets, read: async () => targets, close: nothing };
}

async function memoryInFile(): Promise<OpenMemory> {
  const folder = mkdtempSync(join(tmpdir(), 'agentcube-scalers-'));
  const db = openDatabase({ path: join(folder, 'agentcube.db') });
  const close = async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  };
  return { memory: sqliteScalerMemory(db), close };
}

describe('memory', () => {
  scalingReportsContract(reportsInMemory);
  poolTargetsContract(targetsInMemory);
  scalerMemoryContract(async () => ({ memory: memoryScalerMemory(), close: nothing }));

  test('whoever listens has heard before the report is done', async () => {
    const { demand } = createScalingBus(() => undefined);
    const heard: string[] = [];
    demand.onDemand(({ from }) => heard.push(from));
    await demand.report({ from: 'one', demands: [] });
    expect(heard).toEqual(['one']);
  });

  test('a listener that throws is told of', async () => {
    const faults: unknown[] = [];
    const fellOver = new Error('fell over');
    const throwing = () => {
      throw fellOver;
    };
    const { supply } = createScalingBus((fault) => faults.push(fault));
    supply.onSupply(throwing);
    await supply.report({ from: 'c', nodes: 1, all: true, pools: [] });
    const targets = memoryPoolTargets((fault) => faults.push(fault));
    targets.onChange(throwing);
    await targets.update([{ runtime: keyOf('a'), size: 1 }], []);
    expect(faults).toEqual([fellOver, fellOver]);
  });
});

describe('sqlite', () => {
  scalerMemoryContract(memoryInFile);
});

describe('redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  const space = () => newSpace(plainSettings(server.addr));

  scalingReportsContract(() => openRedisReports(space()));
  poolTargetsContract(() => openRedisTargets(space()));
  scalerMemoryContract(() => openRedisMemory(space()));
});
