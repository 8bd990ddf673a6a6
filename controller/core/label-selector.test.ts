import { describe, expect, test } from '@jest/globals';
import { matchesLabels, parseLabelSelector } from './label-selector.ts';

describe('a label selector', () => {
  test.each([
    ['', {}],
    ['app=web', { app: 'web' }],
    ['app==web, tier = front', { app: 'web', tier: 'front' }],
    ['example.com/app=', { 'example.com/app': '' }],
  ])('%j asks for %j', (text, labels) => {
    expect(parseLabelSelector(text)).toEqual(labels);
  });

  test.each(['app', '!app', 'app!=web', 'app in (web)', '=web', 'a=b=c'])(
    '%j is more than equality',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow('unable to parse requirement');
    },
  );

  test('needs every label, with its value', () => {
    expect(matchesLabels({ a: '1', b: '2' }, { a: '1' })).toBe(true);
    expect(matchesLabels({ a: '1' }, { a: '1', b: '2' })).toBe(false);
    expect(matchesLabels({}, { toString: 'x' })).toBe(false);
    expect(matchesLabels(undefined, {})).toBe(true);
  });
});
