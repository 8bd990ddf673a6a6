// Who owns which fields of an object, as a Kubernetes API server would say it.
import { describe, expect, test } from '@jest/globals';
import type { SchemaPart } from './field-type.ts';
import { pathText } from './path-element.ts';
import { pathsOf } from './field-set.ts';
import { trackApply, trackedResource, trackUpdate, type TrackedApply } from './tracking.ts';
import type { Fields } from './typed.ts';

const text: SchemaPart = { type: 'string' };
const schema: SchemaPart = {
  type: 'object',
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        name: text,
        free: { type: 'object', additionalProperties: text },
        tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        args: { type: 'array', items: text },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: text, port: { type: 'integer' }, kind: text } },
        },
        whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: text, b: text } },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
};
const tracked = trackedResource(schema);
const apiVersion = 'example.com/v1';
const time = '2026-01-01T00:00:00Z';

const thing = (spec: Fields, metadata: Fields = {}): Fields => ({
  apiVersion,
  kind: 'Thing',
  metadata: { name: 'x', ...metadata },
  spec,
});

const stored = (object: Fields): Fields => ({
  ...object,
  metadata: { ...(object['metadata'] as Fields), uid: '1', resourceVersion: '1' },
});

const update = (manager: string, live: Fields | undefined, next: Fields, at = time): Fields =>
  stored(
    trackUpdate(tracked, live, next, { writer: { manager, operation: 'Update', apiVersion }, time: at }),
  );

const tryApply = (
  manager: string,
  live: Fields | undefined,
  config: Fields,
  force = false,
  at = time,
): TrackedApply =>
  trackApply(tracked, live, config, {
    writer: { manager, operation: 'Apply', apiVersion },
    time: at,
    force,
  });

function apply(manager: string, live: Fields | undefined, config: Fields, force = false, at = time): Fields {
  const result = tryApply(manager, live, config, force, at);
  if (!result.ok) throw new Error(conflictsOf(result).join(', '));
  return stored(result.object);
}

const conflictsOf = (result: TrackedApply): string[] =>
  result.ok
    ? []
    : result.taken.flatMap(({ owner, fields }) =>
        pathsOf(fields).map((path) => `${owner.manager} ${pathText(path)}`),
      );

const specOf = (object: Fields): unknown => object['spec'];
const entries = (object: Fields): Fields[] =>
  ((object['metadata'] as Fields)['managedFields'] ?? []) as Fields[];
const ownedBy = (object: Fields, manager: string): unknown =>
  entries(object).find((entry) => entry['manager'] === manager)?.['fieldsV1'];

describe('a write', () => {
  test('owns what it says, but for what every object has', () => {
    const made = update('curl', undefined, thing({ size: 1, tags: ['b', 'a'] }, { labels: { app: 'x' } }));
    expect(entries(made)).toEqual([
      {
        apiVersion,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': { '.': {}, 'f:size': {}, 'f:tags': { '.': {}, 'v:"a"': {}, 'v:"b"': {} } },
        },
        manager: 'curl',
        operation: 'Update',
        time,
      },
    ]);
  });

  test('takes what it changes from whoever owned it, and leaves the rest', () => {
    const made = update('one', undefined, thing({ size: 1, name: 'a' }));
    const changed = update('two', made, thing({ size: 2, name: 'a' }, { uid: '1' }));
    expect(ownedBy(changed, 'one')).toEqual({ 'f:spec': { '.': {}, 'f:name': {} } });
    expect(ownedBy(changed, 'two')).toEqual({ 'f:spec': { 'f:size': {} } });
  });

  test('takes what it removes from everybody', () => {
    const made = update('one', undefined, thing({ size: 1, name: 'a' }));
    const changed = update('two', made, thing({ size: 1 }));
    expect(ownedBy(changed, 'one')).toEqual({ 'f:spec': { '.': {}, 'f:size': {} } });
    expect(ownedBy(changed, 'two')).toBeUndefined();
  });

  test('that changes nothing is not told', () => {
    const made = update('one', undefined, thing({ size: 1 }));
    const same = update('two', made, thing({ size: 1 }), '2027-01-01T00:00:00Z');
    expect(entries(same)).toEqual(entries(made));
  });

  test('of the status owns nothing', () => {
    const made = update('one', undefined, { ...thing({ size: 1 }), status: { ready: true } });
    expect(JSON.stringify(entries(made))).not.toContain('f:status');
  });

  test('names each element of a list by its key, an atomic list as one', () => {
    const made = update('one', undefined, thing({ ports: [{ name: 'b', port: 2 }], args: ['x'] }));
    expect(ownedBy(made, 'one')).toEqual({
      'f:spec': {
        '.': {},
        'f:args': {},
        'f:ports': { '.': {}, 'k:{"name":"b"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
      },
    });
  });

  test('may set managedFields: an empty list, or one empty entry, forgets all that was', () => {
    const made = update('one', undefined, thing({ size: 1 }));
    expect(entries(update('two', made, thing({ size: 1 }, { managedFields: [] })))).toEqual([]);
    expect(entries(update('two', made, thing({ size: 1 }, { managedFields: [{}] })))).toEqual([]);
    const garbage = thing({ size: 1 }, { managedFields: [{ operation: 'Nonsense' }] });
    expect(entries(update('two', made, garbage))).toEqual(entries(made));
  });

  test('of more than ten writers the oldest become one', () => {
    let object = update('w0', undefined, thing({ free: { f0: 'x' } }));
    const free: Record<string, string> = { f0: 'x' };
    for (let at = 1; at <= 11; at += 1) {
      free[`f${at}`] = 'x';
      const when = `2026-01-01T00:00:${String(at).padStart(2, '0')}Z`;
      object = update(`w${at}`, object, thing({ free: { ...free } }), when);
    }
    const names = entries(object).map((entry) => entry['manager']);
    expect(names).toHaveLength(10);
    expect(names[0]).toBe('ancient-changes');
    expect(ownedBy(object, 'ancient-changes')).toMatchObject({
      'f:spec': { 'f:free': { 'f:f0': {}, 'f:f1': {} } },
    });
  });
});

describe('an apply', () => {
  test('makes the object, and owns exactly what it says', () => {
    const made = apply('me', undefined, thing({ size: 1 }));
    expect(specOf(made)).toEqual({ size: 1 });
    expect(entries(made)).toMatchObject([
      { manager: 'me', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:size': {} } }, time },
    ]);
  });

  test('again changes nothing, not even its time', () => {
    const made = apply('me', undefined, thing({ size: 1, tags: ['a'] }));
    const again = apply('me', made, thing({ size: 1, tags: ['a'] }), false, '2027-01-01T00:00:00Z');
    expect(again).toEqual(made);
  });

  test('removes what it no longer says and nobody else owns', () => {
    const made = apply('me', undefined, thing({ size: 1, name: 'a', tags: ['a', 'b'] }));
    expect(specOf(apply('me', made, thing({ size: 1, tags: ['b'] })))).toEqual({ size: 1, tags: ['b'] });
  });

  test('keeps what it no longer says and another owns too', () => {
    const made = apply('me', undefined, thing({ size: 1, name: 'a' }));
    const both = apply('you', made, thing({ name: 'a' }));
    const left = apply('me', both, thing({ size: 1 }));
    expect(specOf(left)).toEqual({ size: 1, name: 'a' });
    expect(ownedBy(left, 'me')).toEqual({ 'f:spec': { 'f:size': {} } });
  });

  test('merges lists by key and sets by value', () => {
    const made = apply('me', undefined, thing({ ports: [{ name: 'a', port: 1 }], tags: ['a'] }));
    const more = apply(
      'you',
      made,
      thing({
        ports: [
          { name: 'b', port: 2 },
          { name: 'a', kind: 'tcp' },
        ],
        tags: ['b'],
      }),
    );
    expect(specOf(more)).toEqual({
      ports: [
        { name: 'b', port: 2 },
        { name: 'a', port: 1, kind: 'tcp' },
      ],
      tags: ['a', 'b'],
    });
  });

  test('of what another changed is a conflict, unless forced', () => {
    const made = apply('me', undefined, thing({ size: 1 }));
    const changed = update('kubectl-edit', made, thing({ size: 2 }));
    expect(conflictsOf(tryApply('me', changed, thing({ size: 1 })))).toEqual(['kubectl-edit .spec.size']);
    const forced = apply('me', changed, thing({ size: 1 }), true);
    expect(specOf(forced)).toEqual({ size: 1 });
    expect(ownedBy(forced, 'kubectl-edit')).toBeUndefined();
  });

  test('of what another owns with the same value is none: both own it', () => {
    const made = apply('me', undefined, thing({ size: 1 }));
    const both = apply('you', made, thing({ size: 1 }));
    expect(
      entries(both)
        .map((entry) => entry['manager'])
        .sort(),
    ).toEqual(['me', 'you']);
  });

  test('takes a list that is one value as one', () => {
    const made = apply('me', undefined, thing({ args: ['a'], whole: { a: '1' } }));
    expect(conflictsOf(tryApply('you', made, thing({ args: ['b'], whole: { b: '2' } })))).toEqual([
      'me .spec.args',
      'me .spec.whole',
    ]);
  });

  test('over an object that nobody owns asks about what is there', () => {
    const old = stored(thing({ size: 1, name: 'a' }));
    expect(conflictsOf(tryApply('me', old, thing({ size: 2 })))).toEqual(['before-first-apply .spec.size']);
    expect(ownedBy(apply('me', old, thing({ size: 1 })), 'before-first-apply')).toEqual({
      'f:spec': { '.': {}, 'f:name': {}, 'f:size': {} },
    });
  });

  test('of fields that no schema names merges maps and replaces lists', () => {
    const made = apply('me', undefined, thing({ open: { a: { x: 1 }, list: [1] } }));
    const more = apply('you', made, thing({ open: { a: { y: 2 } } }));
    expect(specOf(more)).toEqual({ open: { a: { x: 1, y: 2 }, list: [1] } });
  });

  test('field names of JavaScript are names like any other', () => {
    const free = JSON.parse('{"__proto__":"x","constructor":"y"}') as Fields;
    const made = apply('me', undefined, thing({ free }));
    expect(JSON.stringify(specOf(made))).toBe('{"free":{"__proto__":"x","constructor":"y"}}');
    expect(specOf(apply('me', made, thing({ free: { constructor: 'y' } })))).toEqual({
      free: { constructor: 'y' },
    });
  });
});
