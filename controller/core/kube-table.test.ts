// Cells as an API server prints them of the same columns.
import { describe, expect, test } from '@jest/globals';
import { jsonPath } from './json-path.ts';
import { Columns } from './kube-table.ts';

const object = {
  metadata: { name: 'one', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: {
    warm: 2,
    ready: true,
    conditions: [
      { type: 'Accepted', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
  },
};

describe('a path', () => {
  test.each([
    ['.metadata.name', ['one']],
    ['.status.conditions[?(@.type=="Ready")].status', ['False']],
    ['.status.conditions[*].type', ['Accepted', 'Ready']],
    ['.status.conditions[1].type', ['Ready']],
    [".status['warm']", [2]],
    ['.status.nothing.of.it', []],
    ['.metadata.name.length', []],
  ])('%s', (path, found) => {
    expect(jsonPath(path)(object)).toEqual(found);
  });

  test('that nobody can read is refused before anything is printed', () => {
    expect(() => jsonPath('.a[?(@.b>1)]')).toThrow('JSONPath');
  });
});

describe('a cell', () => {
  const now = Date.UTC(2026, 0, 1, 0, 5, 12);
  const cell = (type: string, path: string) =>
    new Columns([{ name: 'Any', type, jsonPath: path }]).cells(object, now)[1];

  test.each([
    ['string', '.status.ready', 'true'],
    ['string', '.status.none', null],
    ['integer', '.status.warm', 2],
    ['integer', '.metadata.name', null],
    ['number', '.status.warm', 2],
    ['boolean', '.status.ready', true],
    ['date', '.metadata.creationTimestamp', '5m12s'],
    ['date', '.metadata.name', '<invalid>'],
  ])('of type %s at %s', (type, path, printed) => {
    expect(cell(type, path)).toBe(printed);
  });
});
