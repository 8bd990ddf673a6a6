// Looks into a platform's database from outside, for what no interface tells: how often a session changed.
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The session's version, which grows by one with every stored change. */
export function storedVersion(dataDir: string, sessionId: string): number {
  const database = new DatabaseSync(path.join(dataDir, 'agentcube.db'), { readOnly: true });
  try {
    const row = database.prepare('SELECT version FROM sessions WHERE id = ?').get(sessionId);
    if (!row) throw new Error(`no session ${sessionId} is stored`);
    return Number(row.version);
  } finally {
    database.close();
  }
}
