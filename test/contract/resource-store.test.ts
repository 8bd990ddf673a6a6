// The contract of the store of deployed objects, against each adapter that this machine can run without help.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { memoryResourceStore } from '../../adapters/memory/resources.ts';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteResourceStore } from '../../adapters/sqlite/resources.ts';
import { resourcesContract, type OpenResources } from './suites/resource-store.ts';

async function inFolder(): Promise<OpenResources> {
  const folder = mkdtempSync(join(tmpdir(), 'agentcube-resources-'));
  const db = openDatabase({ path: join(folder, 'agentcube.db') });
  const close = async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  };
  return { store: sqliteResourceStore(db), close };
}

const adapters: { name: string; open: () => Promise<OpenResources> }[] = [
  { name: 'memory', open: async () => ({ store: memoryResourceStore(), close: async () => {} }) },
  { name: 'sqlite', open: inFolder },
];

describe.each(adapters)('$name', ({ open }) => resourcesContract(open));
