// What a person is told of an expression that cannot be used: the place, what is wrong, what would be right.
// And that no text, however hostile, and no event does harm.
import { describe, expect, test } from '@jest/globals';
import { compile, longestExpression } from './compile.ts';
import { longestText } from './functions.ts';
import { deepest } from './parser.ts';
import type { CesqlProblem } from './problem.ts';

function problemOf(text: string): CesqlProblem | undefined {
  const compiled = compile(text);
  return compiled.ok ? undefined : compiled.problem;
}

function expressionOf(text: string) {
  const compiled = compile(text);
  if (!compiled.ok) throw new Error(`${text.slice(0, 80)}: ${compiled.problem.message}`);
  return compiled.expression;
}

const operand = 'an attribute, a literal, a function or "("';

describe('the problem of a text', () => {
  test.each<[string, number, string, string]>([
    ['', 1, 'the expression ends too early', operand],
    ['type = ', 8, 'the expression ends too early', operand],
    ["type = 'a' subject", 12, 'got "subject"', 'an operator or the end'],
    ["type == 'a'", 7, 'got "="', operand],
    ["type = 'a", 8, 'the string does not end', "a closing '"],
    [String.raw`type = 'a\'`, 8, 'the string does not end', "a closing '"],
    ["type = 'it''s'", 12, 'a quote is not escaped by another', String.raw`\' for a ' in a string`],
    ['(type', 6, 'the expression ends too early', 'an operator or ")"'],
    ['type)', 5, 'got ")"', 'an operator or the end'],
    ['type LIKE subject', 11, 'got "subject"', 'a pattern in quotes'],
    ['type IN ()', 10, 'IN needs at least one value', operand],
    ['type IN (1', 11, 'the expression ends too early', '"," or ")"'],
    ["type NOT = 'a'", 6, 'got "NOT"', 'an operator or the end'],
    ['EXISTS 5', 8, 'got "5"', 'the name of an attribute'],
    ['EXISTS (id)', 8, 'got "("', 'the name of an attribute'],
    ['my_ext = 1', 1, '"my_ext" is no name of an attribute', 'lower case letters and digits'],
    ['2fa(id)', 1, '"2fa" is no name of a function', 'letters and "_"'],
    ['id = ~1', 6, 'the character "~" has no meaning here', 'a name, a literal or an operator'],
    ['id\u00a0= 1', 3, 'the character U+00A0 has no meaning here', 'a name, a literal or an operator'],
    ['😀', 1, 'the character "😀" has no meaning here', 'a name, a literal or an operator'],
    ["'😀' = é", 7, 'the character "é" has no meaning here', 'a name, a literal or an operator'],
    ['1 + 2147483648', 5, 'the integer has more than 32 bits', 'a number from -2147483648 to 2147483647'],
    ['- 2147483648', 3, 'the integer has more than 32 bits', 'a number from -2147483648 to 2147483647'],
    ['+ 5', 3, 'got "5"', 'digits at once behind "+"'],
    ['id = 1.5', 7, 'the character "." has no meaning here', 'a name, a literal or an operator'],
  ])('%j is told at column %i', (text, column, message, expected) => {
    expect(problemOf(text)).toEqual({ kind: 'parse', line: 1, column, message, expected });
  });

  test('names the line, too', () => {
    expect(problemOf("type = 'a'\n  AND (subject\n  LIKE 5)")).toMatchObject({ line: 3, column: 8 });
  });

  test.each<[string, string, string]>([
    ['true AND LENGHT(id) > 3', 'there is no function LENGHT, did you mean LENGTH?', 'LENGTH'],
    ['true AND Concat_Sw(id)', 'there is no function CONCAT_SW, did you mean CONCAT_WS?', 'CONCAT_WS'],
    ['true AND LENGTH() > 3', 'LENGTH does not take 0 arguments', '1 argument'],
    ['true AND SUBSTRING(id) = 1', 'SUBSTRING does not take 1 argument', '2 or 3 arguments'],
    ['true AND CONCAT_WS() = 1', 'CONCAT_WS does not take 0 arguments', '1 or more arguments'],
  ])('%j is of a function that there is not', (text, message, expected) => {
    expect(problemOf(text)).toEqual({ kind: 'missingFunction', line: 1, column: 10, message, expected });
  });

  test('lists all functions where none is meant', () => {
    expect(problemOf('HASH_OF_EVERYTHING(id)')?.expected).toMatch(/^one of ABS, BOOL, .*, UPPER$/);
  });
});

describe('the error of an evaluation', () => {
  test.each<[string, number, string]>([
    ['id = 1 AND nothere = 2', 12, 'the event has no attribute nothere'],
    ['id = 1 AND id / 0 = 2', 15, 'a division by zero'],
    ['id = 1 AND id + 2147483647 = 2', 15, 'the result has more than 32 bits'],
    ["id = 1 AND 'abc'", 12, '"abc" is neither true nor false'],
    ["id = 1 AND 'abc' > 5", 12, '"abc" is no integer of 32 bits'],
    ["id = 1 AND LEFT('a', -1) = id", 12, '-1 characters are less than none'],
  ])('%s is told with its place', (text, column, message) => {
    expect(expressionOf(text).evaluate({ id: '1' }).errors).toMatchObject([{ line: 1, column, message }]);
  });

  test('quotes no more of a long value than is needed to know it', () => {
    const [error] = expressionOf('INT(id)').evaluate({ id: 'x'.repeat(1_000_000) }).errors;
    expect(error?.message).toBe(`"${'x'.repeat(40)}…" is no integer of 32 bits`);
  });
});

describe('a hostile text', () => {
  const many = 10_000;

  test.each<[string, string]>([
    ['opening brackets', '('.repeat(many)],
    ['NOT', 'NOT '.repeat(many)],
    ['minus', '-'.repeat(many)],
    ['a million quotes', "'".repeat(1_000_000)],
    ['a string of a megabyte', `'${'a'.repeat(1_000_000)}'`],
    ['a chain', `${'id OR '.repeat(many)}id`],
  ])('of many characters (%s) is refused for its length', (_, text) => {
    expect(problemOf(text)).toMatchObject({ expected: `at most ${longestExpression}` });
  });

  test.each<[string, (count: number) => string]>([
    ['brackets', (count) => `${'('.repeat(count)}id${')'.repeat(count)}`],
    ['NOT', (count) => `${'NOT '.repeat(count)}id`],
    ['minus', (count) => `${'-'.repeat(count)}id`],
    ['functions', (count) => `${'TRIM('.repeat(count)}id${')'.repeat(count)}`],
    ['sums', (count) => `${'1+'.repeat(count)}1`],
    ['comparisons', (count) => `${'1='.repeat(count)}1`],
    ['LIKE', (count) => `id${" LIKE '%'".repeat(count)}`],
    ['sets', (count) => `${'1 IN ('.repeat(count)}1${')'.repeat(count)}`],
  ])('of %s within each other is refused past a depth, and evaluated up to it', (_, nested) => {
    expect(problemOf(nested(deepest + 1))).toMatchObject({
      message: 'is nested too deeply',
      expected: `at most ${deepest} operators and brackets within each other`,
    });
    expect(expressionOf(nested(deepest - 1)).evaluate({ id: 1 }).errors).toEqual([]);
  });

  test('may be a long chain all the same, for a chain is not deep', () => {
    const text = Array.from({ length: 700 }, (_, n) => `id=${n}`).join(' OR ');
    expect(expressionOf(text).matches({ id: '699' })).toBe(true);
    expect(expressionOf(text).matches({ id: '700' })).toBe(false);
  });

  test.each(["id = '\ud800'", '\udc00'])('with half a character is refused: %j', (text) => {
    expect(problemOf(text)).toMatchObject({ kind: 'parse', expected: 'well-formed Unicode' });
  });
});

describe('a hostile event', () => {
  test('has only what is its own', () => {
    const inherited = Object.create({ subject: 'x' }) as Record<string, string>;
    expect(expressionOf('EXISTS subject').matches(inherited)).toBe(false);
    for (const name of ['constructor', 'tostring', 'hasownproperty'])
      expect(expressionOf(`EXISTS ${name}`).matches({})).toBe(false);
    expect(expressionOf("constructor = 'x'").matches({ constructor: 'x' })).toBe(true);
    expect(
      expressionOf('EXISTS subject').matches(JSON.parse('{"__proto__": {"subject": "x"}}') as never),
    ).toBe(false);
  });

  test('may be without a prototype', () => {
    const event = Object.assign(Object.create(null) as Record<string, string>, { subject: 'x' });
    expect(expressionOf("subject = 'x'").matches(event)).toBe(true);
  });

  test.each([null, undefined, {}, [], Symbol('s'), 5n, () => 1])(
    'has no attribute whose value is %p',
    (value) => {
      expect(expressionOf('EXISTS subject').matches({ subject: value } as never)).toBe(false);
    },
  );

  test.each<[string, string, unknown]>([
    ['LENGTH(subject)', '\ud800a\udc00', 3],
    ['RIGHT(subject, 2)', '\ud83da\ude00', 'a\ude00'],
    ["subject LIKE '__'", '\ude00\ud83d', true],
    ["subject LIKE '%a_'", '\ud800a\udc00', true],
  ])('may have halves of characters: %s', (text, subject, value) => {
    expect(expressionOf(text).evaluate({ subject })).toEqual({ value, errors: [] });
  });

  test('cannot make a text without end', () => {
    const doubled = (levels: number): string =>
      levels === 0 ? 'subject' : `CONCAT(${doubled(levels - 1)}, ${doubled(levels - 1)})`;
    const grown = expressionOf(`LENGTH(${doubled(8)})`);
    expect(grown.evaluate({ subject: 'x'.repeat(longestText / 256) }).value).toBe(longestText);
    expect(grown.evaluate({ subject: 'x'.repeat(longestText / 256 + 1) })).toMatchObject({
      value: 0,
      errors: [{ kind: 'functionEvaluation', message: `the text would be longer than ${longestText}` }],
    });
  });
});
