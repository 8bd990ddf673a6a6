// What holds for every CESQL expression: thousands of random ones, compared with a plain evaluator (test/support/cesql.ts).
import { describe, expect, test } from '@jest/globals';
import { Random } from '../../test/simulation/random.ts';
import { bare, plainly, randomTree, textOf } from '../../test/support/cesql.ts';
import { compile } from './compile.ts';
import { parse } from './parser.ts';

const required = { id: 'abc', source: '/a', specversion: '1.0', type: 'c' };

const events = [
  required,
  { ...required, subject: '5', myint: 7, mybool: true, '5a': 'a_c' },
  { ...required, id: 'true', subject: '%', myint: 0, mybool: false, constructor: 'abc' },
];

const trees = (seed: string, count: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => randomTree(random, 4));
};

describe('a random expression', () => {
  test('parses to the tree that it was printed from', () => {
    for (const tree of trees('print', 1_000)) expect(bare(parse(textOf(tree)))).toEqual(bare(tree));
  });

  test('gives what the plain evaluator gives, value and error', () => {
    for (const tree of trees('evaluate', 2_000)) {
      const text = textOf(tree);
      const compiled = compile(text);
      if (!compiled.ok) throw new Error(`${text}: ${compiled.problem.message}`);
      for (const event of events) {
        const { value, errors } = compiled.expression.evaluate(event);
        expect({ text, event, value, error: errors[0]?.kind }).toEqual({
          text,
          event,
          ...plainly(tree, event),
        });
      }
    }
  });

  test('has the type that was foretold, and matches only when it is true without errors', () => {
    const names = { boolean: 'boolean', number: 'integer', string: 'string' };
    for (const tree of trees('type', 500)) {
      const compiled = compile(textOf(tree));
      if (!compiled.ok) throw new Error(compiled.problem.message);
      const { expression } = compiled;
      for (const event of events) {
        const { value, errors } = expression.evaluate(event);
        if (expression.type !== 'any') expect(names[typeof value as 'string']).toBe(expression.type);
        expect(expression.matches(event)).toBe(value === true && errors.length === 0);
      }
    }
  });
});

test('any text is an expression or has one problem, with a place that is in it', () => {
  const random = new Random('noise');
  const pieces = [
    '(',
    ')',
    "'",
    '"',
    '\\',
    ',',
    ' AND ',
    ' NOT',
    ' IN ',
    ' LIKE ',
    '-',
    '+',
    '=',
    '<>',
    '!',
    '_',
    'id',
    '12',
    'LEFT',
    '\n',
    '😀',
    '\ud800',
    '\0',
    '%',
    'EXISTS ',
  ];
  let expressions = 0;
  for (let n = 0; n < 2_000; n += 1) {
    const text = Array.from({ length: random.whole(0, 9) }, () => random.pick(pieces)).join('');
    const compiled = compile(text);
    if (compiled.ok) {
      expressions += 1;
      expect(() => compiled.expression.evaluate(required)).not.toThrow();
      continue;
    }
    const { line, column, message, expected } = compiled.problem;
    const lines = text.split('\n');
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeLessThanOrEqual([...(lines[line - 1] ?? '')].length + 1);
    expect(message).not.toBe('');
    expect(expected).toBeTruthy();
  }
  expect(expressions).toBeGreaterThan(10);
});
