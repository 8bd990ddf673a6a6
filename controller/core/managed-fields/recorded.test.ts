// What a Kubernetes API server's own field manager (k8s.io/apimachinery 0.35.4, structured-merge-diff 6.3.0) made of random writes,
// recorded: ours makes the same of them, objects, owners and words of conflicts.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { conflictText } from './conflict-text.ts';
import type { SchemaPart } from './field-type.ts';
import { trackApply, trackedResource, trackUpdate } from './tracking.ts';
import { typedFault } from './typed-faults.ts';
import { fieldsIn, isFields, type Fields } from './typed.ts';

interface Write {
  readonly kind: 'apply' | 'update';
  readonly manager: string;
  readonly force: boolean;
  readonly object: Fields;
}

interface Recorded {
  readonly schema: SchemaPart;
  readonly runs: readonly { readonly ops: readonly Write[]; readonly want: readonly Fields[] }[];
}

const file = path.join(import.meta.dirname, 'testdata/recorded.json');
const { schema, runs } = JSON.parse(await readFile(file, 'utf8')) as Recorded;
const tracked = trackedResource(schema);
const apiVersion = 'example.com/v1';

function made({ kind, manager, force, object }: Write, live: Fields | undefined): Fields {
  const given: Fields = { apiVersion, kind: 'Thing', ...object };
  const time = '2026-01-01T00:00:00Z';
  if (kind === 'update')
    return trackUpdate(tracked, live, given, { writer: { manager, operation: 'Update', apiVersion }, time });
  const fault = typedFault(tracked.type, given);
  if (fault !== undefined) return { error: fault };
  const writer = { manager, operation: 'Apply', apiVersion } as const;
  const applied = trackApply(tracked, live, given, { writer, time, force });
  return applied.ok ? applied.object : { error: conflictText(applied.taken) };
}

/** Without times and ids; owners in order of their names, as those of one second come in any. */
function comparable(object: Fields): unknown {
  const { error } = object;
  // Owners of a conflict come in any order too.
  if (typeof error === 'string') return error.split('\n').sort();
  const { managedFields, uid: _, ...metadata } = fieldsIn(object['metadata']) ?? {};
  const owners = (Array.isArray(managedFields) ? managedFields.filter(isFields) : []).map((entry) => ({
    manager: entry['manager'],
    operation: entry['operation'],
    fieldsV1: entry['fieldsV1'],
  }));
  const key = (entry: Fields): string => `${String(entry['operation'])} ${String(entry['manager'])}`;
  return {
    metadata,
    spec: object['spec'],
    owners: owners.sort((one, other) => (key(one) < key(other) ? -1 : 1)),
  };
}

describe('recorded writes', () => {
  test.each(runs.map(({ ops, want }, at) => [at, ops, want] as const))('%d', (_, ops, want) => {
    let live: Fields | undefined;
    for (const [at, op] of ops.entries()) {
      const result = made(op, live);
      expect(comparable(result)).toEqual(comparable(want[at] ?? {}));
      if (result['error'] === undefined)
        live = { ...result, metadata: { ...fieldsIn(result['metadata']), uid: '1' } };
    }
  });
});
