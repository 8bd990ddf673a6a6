// What holds of sets of fields and of applies, whatever is applied.
import { describe, test, expect } from '@jest/globals';
import fc from 'fast-check';
import {
  difference,
  fromFieldsV1,
  intersection,
  isEmptySet,
  sameSet,
  setOf,
  toFieldsV1,
  union,
  type FieldSet,
} from './field-set.ts';
import type { SchemaPart } from './field-type.ts';
import { fieldElement, keyElement, valueElement, type Path } from './path-element.ts';
import { trackApply, trackedResource, trackUpdate } from './tracking.ts';
import { fieldsIn, type Fields } from './typed.ts';

const word = fc.constantFrom('a', 'b', 'c');
const element = fc.oneof(
  word.map(fieldElement),
  word.map(valueElement),
  fc.record({ name: word, port: fc.nat(2) }).map(keyElement),
);
const sets: fc.Arbitrary<FieldSet> = fc
  .array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 6 })
  .map((paths: Path[]) => setOf(...paths));

describe('sets', () => {
  test('are the same after they were written and read', () => {
    fc.assert(fc.property(sets, (set) => expect(sameSet(fromFieldsV1(toFieldsV1(set)), set)).toBe(true)));
  });

  test('a whole is what both have and what one has more', () => {
    fc.assert(
      fc.property(sets, sets, (one, other) => {
        expect(sameSet(union(difference(one, other), intersection(one, other)), one)).toBe(true);
        expect(sameSet(union(one, other), union(other, one))).toBe(true);
        expect(isEmptySet(difference(one, union(one, other)))).toBe(true);
        expect(isEmptySet(intersection(difference(one, other), other))).toBe(true);
      }),
    );
  });
});

const text: SchemaPart = { type: 'string' };
const tracked = trackedResource({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        name: text,
        free: { type: 'object', additionalProperties: text },
        tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: text, port: { type: 'integer' } } },
        },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
});

const specs = fc.record(
  {
    name: word,
    free: fc.dictionary(word, word, { minKeys: 1 }),
    tags: fc.uniqueArray(word, { minLength: 1 }),
    ports: fc.uniqueArray(fc.record({ name: word, port: fc.nat(3) }), {
      selector: ({ name }) => name,
      minLength: 1,
    }),
    open: fc.dictionary(word, fc.oneof(word, fc.array(fc.nat(2), { maxLength: 2 })), { minKeys: 1 }),
  },
  { requiredKeys: [] },
);

const apiVersion = 'example.com/v1';
const config = (spec: object): Fields => ({ apiVersion, kind: 'Thing', metadata: { name: 'x' }, spec });

function apply(manager: string, live: Fields | undefined, spec: object, time: string): Fields {
  const writer = { manager, operation: 'Apply', apiVersion } as const;
  const result = trackApply(tracked, live, config(spec), { writer, time, force: true });
  if (!result.ok) throw new Error('a forced apply was refused');
  const metadata = { ...fieldsIn(result.object['metadata']), uid: '1' };
  return { ...result.object, metadata };
}

const specOf = (object: Fields): Fields => fieldsIn(object['spec']) ?? {};
const sorted = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, one: unknown) =>
    Array.isArray(one) ? one.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : one,
  ) as unknown;

describe('an apply', () => {
  test('again changes nothing', () => {
    fc.assert(
      fc.property(specs, specs, (before, spec) => {
        const once = apply('me', apply('you', undefined, before, '1'), spec, '2');
        expect(apply('me', once, spec, '3')).toEqual(once);
      }),
    );
  });

  test('of nothing more takes all of it back, and leaves what another has', () => {
    fc.assert(
      fc.property(specs, specs, (theirs, mine) => {
        const alone = apply('you', undefined, theirs, '1');
        const both = apply('me', alone, mine, '2');
        // Forced, it took some of theirs; applied again they are theirs once more.
        const again = apply('you', both, theirs, '3');
        expect(sorted(specOf(apply('me', again, {}, '4')))).toEqual(sorted(specOf(alone)));
      }),
    );
  });

  test('alone makes exactly what it says, whatever it said before', () => {
    fc.assert(
      fc.property(specs, specs, (before, spec) => {
        const next = apply('me', apply('me', undefined, before, '1'), spec, '2');
        expect(sorted(specOf(next))).toEqual(sorted(spec));
      }),
    );
  });

  test('after an update of the same has no conflict, and after another value has one', () => {
    fc.assert(
      fc.property(word, word, (is, wanted) => {
        const made = trackUpdate(tracked, undefined, config({ name: is }), {
          writer: { manager: 'curl', operation: 'Update', apiVersion },
          time: '1',
        });
        const writer = { manager: 'me', operation: 'Apply', apiVersion } as const;
        const how = { writer, time: '2', force: false };
        expect(trackApply(tracked, made, config({ name: wanted }), how).ok).toBe(is === wanted);
      }),
    );
  });
});
