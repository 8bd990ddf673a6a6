// Owns: deployed objects in the same file as the sessions. The counter and the object change in one durable commit.
import type {
  ResourceKey,
  ResourceStore,
  ResourceRow,
  StoredResource,
} from '../../controller/resource-store.ts';
import type { Database } from './database.ts';

const upsert = `
  INSERT INTO resources (kind, namespace, name, resource_version, json)
  VALUES (:kind, :namespace, :name, :resourceVersion, :json)
  ON CONFLICT (kind, namespace, name) DO UPDATE SET
    resource_version = excluded.resource_version, json = excluded.json`;

/** A resource store on an open database. */
export function sqliteResourceStore(db: Database): ResourceStore {
  const versionOf = db.prepare(
    'SELECT resource_version AS v FROM resources WHERE kind = ? AND namespace = ? AND name = ?',
  );
  const write = db.prepare(upsert);
  const erase = db.prepare('DELETE FROM resources WHERE kind = ? AND namespace = ? AND name = ?');
  const count = db.prepare('UPDATE resource_counter SET value = value + 1 RETURNING value AS v');
  const counter = db.prepare('SELECT value AS v FROM resource_counter');
  const every = db.prepare(
    `SELECT kind, namespace, name, json, resource_version AS resourceVersion FROM resources
     ORDER BY kind, namespace, name`,
  );
  const number = (row: unknown): number | undefined => (row as { v: number } | undefined)?.v;
  const found = (key: ResourceKey) => number(versionOf.get(key.kind, key.namespace, key.name));
  const next = (): number => number(count.get()) as number;

  const refusal = (has: number | undefined, expected: number | 'absent' | 'any') => {
    if (expected === 'any') return undefined;
    if (expected === 'absent') return has === undefined ? undefined : ('exists' as const);
    if (has === undefined) return 'missing' as const;
    return has === expected ? undefined : ('conflict' as const);
  };
  const put = ({ kind, namespace, name, json }: ResourceRow) => {
    const resourceVersion = next();
    write.run({ kind, namespace, name, json, resourceVersion });
    return { resourceVersion };
  };
  const remove = (key: ResourceKey, expected?: number) => {
    const has = found(key);
    if (has === undefined) return 'missing' as const;
    if (expected !== undefined && has !== expected) return 'conflict' as const;
    erase.run(key.kind, key.namespace, key.name);
    return { resourceVersion: next() };
  };

  return {
    put: (row, expected) => db.write('durable', () => refusal(found(row), expected) ?? put(row)),
    remove: (key, expected) => db.write('durable', () => remove(key, expected)),
    all: () =>
      db.read(() => ({
        resourceVersion: number(counter.get()) as number,
        resources: every.all().map((row) => ({ ...row }) as unknown as StoredResource),
      })),
  };
}
