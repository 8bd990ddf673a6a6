// Which events pass which filters. Where Knative behaves so, the test says where (knative/eventing, pkg/eventfilter/…);
// where it does not, docs/event-filters.md says so.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Attributes } from './cesql/attributes.ts';
import { PlatformError } from './errors.ts';
import { compileFilters, filterFields, type EventFilter } from './event-filter.ts';
import { fields } from './fields.ts';
import { schemaAt } from './schema-at.ts';

const event: Attributes = {
  specversion: '1.0',
  id: 'e-1',
  source: 'https://git.example/repo',
  type: 'com.example.push',
  subject: 'issue/7',
  count: 12,
  urgent: true,
  empty: '',
};

const passes = (...filters: EventFilter[]): boolean => compileFilters({ filters })(event);

describe('filter.attributes (attributes/filter.go)', () => {
  test.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ type: 'com.example.push' }, true],
    [{ type: 'com.example.push', subject: 'issue/8' }, false],
    [{ type: 'COM.EXAMPLE.PUSH' }, false],
    // An empty string stands for any value, but there must be one.
    [{ subject: '' }, true],
    [{ nothere: '' }, false],
    [{ empty: '' }, false],
    [{ nothere: 'x' }, false],
    [{ count: '12' }, true],
    [{ urgent: 'true' }, true],
    [{ constructor: '' }, false],
  ])('%j passes: %s', (attributes, expected) => {
    expect(compileFilters({ filter: { attributes } })(event)).toBe(expected);
  });

  test('counts for nothing when there are filters (filter_handler.go)', () => {
    const filter = { attributes: { type: 'other' } };
    expect(compileFilters({ filter, filters: [{ exact: { id: 'e-1' } }] })(event)).toBe(true);
    expect(compileFilters({ filter, filters: [] })(event)).toBe(false);
  });
});

test.each([{}, { filter: {} }, { filters: [] }, { filter: { attributes: {} }, filters: [] }])(
  'without any filter every event passes: %j (no_filter.go)',
  (spec) => {
    expect(compileFilters(spec)(event)).toBe(true);
    expect(compileFilters(spec)({})).toBe(true);
  },
);

describe('exact, prefix and suffix (subscriptionsapi/exact_filter.go and its neighbours)', () => {
  test.each<[EventFilter, boolean]>([
    [{ exact: { type: 'com.example.push' } }, true],
    [{ exact: { type: 'com.example' } }, false],
    [{ exact: { type: 'com.example.push', subject: 'issue/7' } }, true],
    [{ exact: { type: 'com.example.push', subject: 'issue/8' } }, false],
    [{ exact: { count: '12', urgent: 'true' } }, true],
    [{ exact: { nothere: 'x' } }, false],
    [{ prefix: { type: 'com.', source: 'https://' } }, true],
    [{ prefix: { type: 'com.', source: 'http://' } }, false],
    [{ prefix: { type: 'Com.' } }, false],
    [{ prefix: { count: '1' } }, true],
    [{ prefix: { nothere: 'x' } }, false],
    [{ suffix: { type: '.push' } }, true],
    [{ suffix: { type: '.pull' } }, false],
    [{ suffix: { urgent: 'ue' } }, true],
    [{ suffix: { type: 'a longer text than com.example.push' } }, false],
    [{ suffix: { nothere: 'x' } }, false],
  ])('%j passes: %s', (filter, expected) => {
    expect(passes(filter)).toBe(expected);
  });
});

describe('all, any and not (all_filter.go, any_filter.go, not_filter.go)', () => {
  const yes: EventFilter = { exact: { id: 'e-1' } };
  const no: EventFilter = { exact: { id: 'e-2' } };

  test.each<[EventFilter, boolean]>([
    [{ all: [yes] }, true],
    [{ all: [yes, yes] }, true],
    [{ all: [yes, no] }, false],
    [{ any: [no, yes] }, true],
    [{ any: [no, no] }, false],
    [{ not: yes }, false],
    [{ not: no }, true],
    [{ not: { not: yes } }, true],
    [{ not: { any: [no, { all: [yes, no] }] } }, true],
    // An attribute that is missing fails a filter, and so passes its negation.
    [{ not: { prefix: { nothere: 'x' } } }, true],
  ])('%j passes: %s', (filter, expected) => {
    expect(passes(filter)).toBe(expected);
  });

  test('the filters of a list must all pass (create.go)', () => {
    expect(passes(yes, yes)).toBe(true);
    expect(passes(yes, no)).toBe(false);
  });
});

describe('cesql (cesql_filter.go; CESQL 1.0, section 1.2)', () => {
  test.each<[string, boolean]>([
    ["type LIKE 'com.%' AND count > 10", true],
    ['count > 12', false],
    // With an error an event does not pass, whatever the rest would say.
    ["nothere = 'x'", false],
    ['true XOR count / 0 = 1', false],
    ["id = 'e-1' OR nothere = 'x'", true],
    // A bare attribute passes only as the boolean `true`.
    ['urgent', true],
    ['subject', false],
    ['count', false],
    ['BOOL(count)', true],
  ])('%s passes: %s', (cesql, expected) => {
    expect(passes({ cesql })).toBe(expected);
  });

  test('an error fails the filter, and so passes its negation', () => {
    expect(passes({ not: { cesql: "nothere = 'x'" } })).toBe(true);
  });

  test('that was not validated and has an error is refused with its place', () => {
    expect(() => compileFilters({ filters: [{ cesql: 'id = ' }] })).toThrow(
      new PlatformError('INVALID_REQUEST', 'cesql: line 1, column 6: the expression ends too early'),
    );
  });
});

describe('the schema', () => {
  const spec = fields(filterFields);

  interface Told {
    path: PropertyKey[];
    message: string;
    expected: unknown;
  }

  /** As problem.ts tells: an own message or the value, and what the issue or the schema there says was expected. */
  function told(value: unknown): Told[] {
    const parsed = spec.safeParse(value, { reportInput: true });
    if (parsed.success) return [];
    return parsed.error.issues.map((issue) => {
      const schema = schemaAt(spec, issue.path);
      const described = schema && (z.globalRegistry.get(schema)?.description ?? schema._zod.def.type);
      const own: unknown = issue.code === 'custom' ? issue.params?.['expected'] : undefined;
      const message =
        issue.code === 'custom' ? issue.message : `${issue.code} ${JSON.stringify(issue.input)}`;
      return { path: issue.path, message, expected: own ?? described };
    });
  }

  test.each<unknown>([
    {},
    { filter: {} },
    { filter: { attributes: { type: 'a', subject: '' } } },
    { filters: [] },
    { filters: [{ exact: { type: 'a', '2nd': 'b' } }, { prefix: { type: 'a' } }, { suffix: { type: 'a' } }] },
    { filters: [{ all: [{ any: [{ not: { cesql: 'true' } }] }] }] },
    { filters: [{ cesql: 'urgent' }] },
  ])('takes %j', (value) => {
    expect(told(value)).toEqual([]);
  });

  const names = 'one of exact, prefix, suffix, all, any, not, cesql';
  const texts = 'an object of attributes and strings (put numbers, true and false in quotes)';
  const some = 'a string that is not empty (put numbers, true and false in quotes)';
  const list = 'a list of at least one filter';
  const inFirst = (...rest: PropertyKey[]): PropertyKey[] => ['filters', 0, ...rest];

  test.each<[unknown, PropertyKey[], string, string]>([
    [{}, inFirst(), 'is empty', names],
    [
      { exact: { id: 'x' }, not: { cesql: 'true' } },
      inFirst(),
      'has exact and not',
      'one of them (put several filters into all)',
    ],
    [{ exact: {} }, inFirst('exact'), 'is empty', 'at least one attribute'],
    [{ exact: { Type: 'x' } }, inFirst('exact', 'Type'), 'is no name of an attribute', '"type"'],
    [
      { prefix: { 'my-ext': 'x' } },
      inFirst('prefix', 'my-ext'),
      'is no name of an attribute',
      'lower case letters and digits',
    ],
    [{ suffix: { type: '' } }, inFirst('suffix', 'type'), 'is empty', some],
    [{ exact: { count: 5 } }, inFirst('exact', 'count'), 'invalid_type 5', some],
    [{ exact: 'x' }, inFirst('exact'), 'invalid_type "x"', texts],
    [{ all: [] }, inFirst('all'), 'too_small []', list],
    [{ any: [{ not: { any: [] } }] }, inFirst('any', 0, 'not', 'any'), 'too_small []', list],
    [{ not: [] }, inFirst('not'), 'invalid_type []', 'object'],
    [
      { cesql: '' },
      inFirst('cesql'),
      'line 1, column 1: the expression ends too early',
      'an attribute, a literal, a function or "("',
    ],
    [
      { any: [{ cesql: 'id = 1 AND\n LENGHT(id) = 1' }] },
      inFirst('any', 0, 'cesql'),
      'line 2, column 2: there is no function LENGHT, did you mean LENGTH?',
      'LENGTH',
    ],
    [{ cesql: 'LENGTH(id)' }, inFirst('cesql'), 'gives an integer', 'an expression that is true or false'],
    [{ cesql: 'UPPER(id)' }, inFirst('cesql'), 'gives a string', 'an expression that is true or false'],
    [{ sql: 'true' }, inFirst(), 'unrecognized_keys {"sql":"true"}', 'object'],
  ])('refuses %j', (filter, path, message, expected) => {
    expect(told({ filters: [filter] })).toEqual([{ path, message, expected }]);
  });

  test.each<[unknown, PropertyKey[], string, string]>([
    [
      { filter: { attributes: { Type: '' } } },
      ['filter', 'attributes', 'Type'],
      'is no name of an attribute',
      '"type"',
    ],
    [
      { filter: { attributes: { count: 5 } } },
      ['filter', 'attributes', 'count'],
      'invalid_type 5',
      'a string (put numbers, true and false in quotes)',
    ],
    [{ filter: { type: 'x' } }, ['filter'], 'unrecognized_keys {"type":"x"}', 'object'],
  ])('refuses %j', (value, path, message, expected) => {
    expect(told(value)).toEqual([{ path, message, expected }]);
  });

  test('a name that JavaScript has for itself selects nothing', () => {
    const exact = JSON.parse('{"__proto__": "x", "id": "e-1"}') as Record<string, string>;
    expect(passes({ exact })).toBe(false);
    expect(passes({ exact: { constructor: 'function Object() { [native code] }' } })).toBe(false);
  });

  describe('takes what docs/event-filters.md shows', () => {
    const page = readFileSync(new URL('../docs/event-filters.md', import.meta.url), 'utf8');
    const examples = (language: string): string[] =>
      [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, is, text = '']) =>
        is === language ? [text] : [],
      );

    test.each(examples('yaml'))('%s', (text) => {
      expect(told(parse(text))).toEqual([]);
    });

    test.each(examples('sql'))('%s', (cesql) => {
      expect(told({ filters: [{ cesql }] })).toEqual([]);
    });
  });
});
