// Label selectors, and the words in which Kubernetes refuses them.
import { describe, expect, test } from '@jest/globals';
import { parseLabels, parseLabelSelector, selectsLabels } from './label-selector.ts';

describe('a label selector', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web, tier = front', true],
    ['app=db', false],
    ['app!=db', true],
    ['missing!=x', true],
    ['app in (web, db),tier', true],
    ['app in (db)', false],
    ['app notin (web, db)', false],
    ['missing notin (x)', true],
    ['!missing', true],
    ['! app', false],
    ['missing', false],
    ['in', false],
    ['example.com/rank>3', true],
    ['example.com/rank<3', false],
    ['app>3', false],
    ['empty=', true],
    ['empty in (,x)', true],
    ['toString', false],
  ])('%j: %s', (text, is) => {
    const labels = { app: 'web', tier: 'front', 'example.com/rank': '4', empty: '' };
    expect(selectsLabels(parseLabels(text), labels)).toBe(is);
  });

  test('of an object without labels', () => {
    expect(selectsLabels(parseLabels('!app'), undefined)).toBe(true);
  });

  test.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a => b', "unable to parse requirement: found '>', expected: identifier"],
    ['a,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ['a notin x', "unable to parse requirement: found 'x' expected: '('"],
    ['(a)', "found '(', expected: !, identifier, or 'end of string'"],
    ['a=b)', "found ')', expected: ',' or 'end of string'"],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a!b', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
    [
      'a>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ])('%j is refused in the words of Kubernetes', (text, words) => {
    expect(() => parseLabels(text)).toThrow(words);
  });

  test.each(['-a', 'x/y/z', 'A_B.example/x', 'a=-b', `${'a'.repeat(64)}=1`])('%s is no label', (text) => {
    expect(() => parseLabels(text)).toThrow('Invalid value');
  });
});

describe('a selector of equality alone', () => {
  test.each([
    ['', {}],
    ['app==web, tier = front', { app: 'web', tier: 'front' }],
    ['example.com/app=', { 'example.com/app': '' }],
  ])('%j asks for %j', (text, labels) => {
    expect(parseLabelSelector(text)).toEqual(labels);
  });

  test.each(['app', '!app', 'app!=web', 'app in (web, db)'])('%j is more', (text) => {
    expect(() => parseLabelSelector(text)).toThrow('unable to parse requirement');
  });
});
