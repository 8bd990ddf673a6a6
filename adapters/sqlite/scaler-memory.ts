// What scalers have learned, in the same file as the sessions. What a power cut takes of it is learned again.
import type { ScalerMemory } from '../../autoscaler/scaler-memory.ts';
import type { Database } from './database.ts';

const upsert = `
  INSERT INTO scalers (runtime_key, state) VALUES (?, ?)
  ON CONFLICT (runtime_key) DO UPDATE SET state = excluded.state`;

/** A memory on an open database. */
export function sqliteScalerMemory(db: Database): ScalerMemory {
  const all = db.prepare('SELECT runtime_key AS key, state FROM scalers');
  const set = db.prepare(upsert);
  const erase = db.prepare('DELETE FROM scalers WHERE runtime_key = ?');
  return {
    load: () =>
      db.read(() => {
        const rows = all.all() as unknown as readonly { key: string; state: string }[];
        return new Map(rows.map(({ key, state }) => [key, state]));
      }),
    save: (changed, gone) =>
      db.write('soon', () => {
        for (const key of gone) erase.run(key);
        for (const [key, state] of changed) set.run(key, state);
      }),
  };
}
