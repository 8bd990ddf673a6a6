// The session store's contract, against each adapter that this machine can run without help.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteSessionStore } from '../../adapters/sqlite/session-store.ts';
import { leasesContract } from './suites/session-store-leases.ts';
import { poolContract } from './suites/session-store-pool.ts';
import { sessionsContract, type OpenStore } from './suites/session-store-sessions.ts';

const inFolder: OpenStore = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentcube-store-'));
  const store = sqliteSessionStore(openDatabase({ path: join(folder, 'agentcube.db') }));
  const close = async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { ...store, close };
};

const adapters: { name: string; open: OpenStore }[] = [
  { name: 'memory', open: async () => memorySessionStore() },
  { name: 'sqlite', open: inFolder },
];

describe.each(adapters)('$name', ({ open }) => {
  sessionsContract(open);
  leasesContract(open);
  poolContract(open);
});
