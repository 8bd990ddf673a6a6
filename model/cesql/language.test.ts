// The language, section by section of CESQL 1.0: what an expression gives, and which error beside it.
// All of it agrees with the cases of the specification's own conformance tests (cloudevents/spec, cesql/cesql_tck).
import { describe, expect, test } from '@jest/globals';
import { compile } from './compile.ts';
import type { Value } from './node.ts';
import type { ProblemKind } from './problem.ts';

const event = {
  specversion: '1.0',
  id: 'e-1',
  source: 'https://git.example/repo',
  type: 'com.example.push',
  subject: 'issue/7',
  hop: '5',
  ttl: '10',
  count: 12,
  urgent: true,
  empty: '',
  large: 4_294_967_296,
  ratio: 0.5,
  '2nd': 'yes',
};

type Outcome = [value: Value, error?: ProblemKind];

function outcomeOf(text: string): Outcome {
  const compiled = compile(text);
  if (!compiled.ok) return [false, compiled.problem.kind];
  const { value, errors } = compiled.expression.evaluate(event);
  const [error] = errors;
  return error === undefined ? [value] : [value, error.kind];
}

const gives = (cases: readonly (readonly [string, ...Outcome])[]) =>
  test.each(cases)('%s gives %j %s', (text, ...outcome) => {
    expect(outcomeOf(text)).toEqual(outcome);
  });

describe('2.2 literals', () => {
  gives([
    ['True', true],
    ['fAlSe', false],
    ['007', 7],
    ['+3', 3],
    ['-2147483648', -2147483648],
    ['2147483647', 2147483647],
    ['"double" ', 'double'],
    [String.raw`'it\'s "so"'`, `it's "so"`],
    [String.raw`"say \"it's\""`, `say "it's"`],
    [String.raw`'\"'`, String.raw`\"`],
    [String.raw`'a\b\\'`, String.raw`a\b\\`],
    ["'two\nlines'", 'two\nlines'],
    ["'👩‍🚀'", '👩‍🚀'],
  ]);
});

describe('3.2 attributes', () => {
  gives([
    ['subject', 'issue/7'],
    ['SUBJECT', 'issue/7'],
    ['2nd', 'yes'],
    ['count', 12],
    ['urgent', true],
    ['large', '4294967296'],
    ['ratio', '0.5'],
    ['nothere', false, 'missingAttribute'],
    ["nothere = ''", false, 'missingAttribute'],
    ["nothere != ''", false, 'missingAttribute'],
    ["nothere NOT LIKE '%'", false, 'missingAttribute'],
    ['nothere NOT IN (1)', false, 'missingAttribute'],
    ['1 IN (nothere)', false, 'missingAttribute'],
    ['nothere * 3', 0, 'missingAttribute'],
    ['7 / nothere', 0, 'missingAttribute'],
    ['NOT nothere', false, 'missingAttribute'],
    ['UPPER(nothere)', '', 'missingAttribute'],
    ['LENGTH(nothere)', 0, 'missingAttribute'],
    ['true AND nothere = 1', false, 'missingAttribute'],
    ['nothere = 1 OR true', false, 'missingAttribute'],
    ['constructor', false, 'missingAttribute'],
    ['EXISTS constructor', false],
    ['EXISTS subject', true],
    ['EXISTS empty', true],
    ['EXISTS nothere', false],
    ['NOT EXISTS nothere', true],
  ]);

  test.each(['id', 'source', 'specversion', 'type'])('every event has %s', (name) => {
    const compiled = compile(`EXISTS ${name}`);
    expect(compiled.ok && compiled.expression.evaluate({})).toEqual({ value: true, errors: [] });
  });
});

describe('3.4 arithmetic', () => {
  gives([
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['7 % -2', 1],
    ['-7 % 2', -1],
    ['-4 % 2', 0],
    ['0 * -5', 0],
    ['-0', 0],
    ['9 / 0', 0, 'math'],
    ['9 % 0', 0, 'math'],
    ['2147483647 + 1', 0, 'math'],
    ['-2147483648 - 1', 0, 'math'],
    ['65536 * 65536', 0, 'math'],
    ['46341 * 46341', 0, 'math'],
    ['46340 * 46340', 2147395600],
    ['-2147483648 / -1', 0, 'math'],
    ['-(-2147483648)', 0, 'math'],
    ['- 5', -5],
    ['---5', -5],
    ["-'12'", -12],
    ['-urgent', -1],
    ['10-3', 7],
    ['10 -3', 7],
    ["hop + '1'", 6],
    ['count + urgent', 13],
    ["'1x' + 1", 0, 'cast'],
    ["'' + 1", 0, 'cast'],
    ["' 1' + 1", 0, 'cast'],
    ['large + 1', 0, 'cast'],
  ]);
});

describe('3.4 comparisons', () => {
  gives([
    ["subject = 'issue/7'", true],
    ["subject = 'Issue/7'", false],
    ["subject <> 'Issue/7'", true],
    ['hop = 5', true],
    ["hop = '05'", false],
    ['hop = 05', true],
    ['count = 12', true],
    ["count = '12'", true],
    ["count = '012'", false],
    ["urgent = 'true'", true],
    ["urgent = 'TRUE'", false],
    ["'TRUE' = urgent", true],
    ['hop = count', false],
    ['subject = 7', false, 'cast'],
    ['subject != 7', false, 'cast'],
    ['hop = urgent', false, 'cast'],
    ['hop < ttl', true],
    ["'10' > '9'", true],
    ['ttl >= 10', true],
    ['ttl <= 9', false],
    ['subject < 1', false, 'cast'],
    ['false < true', true],
    ['1 < 2 = true', true],
  ]);
});

describe('3.4 logic', () => {
  gives([
    ['urgent AND count', true],
    ["urgent AND 'false'", false],
    ["urgent AND 'maybe'", false, 'cast'],
    ['NOT 0', true],
    ["NOT 'no'", false, 'cast'],
    ['true XOR true XOR true', true],
    ['false XOR 1 / 0 = 0', false, 'math'],
    ['false AND 1 / 0 = 0', false],
    ['true OR 1 / 0 = 0', true],
    ['true AND 1 / 0 = 0', false, 'math'],
    ['false OR 1 / 0 = 0', false, 'math'],
    ['true OR 1 / 0 = 0 AND true', true],
    ['false AND 1 / 0 = 0 XOR true', true],
  ]);
});

describe('3.6 precedence', () => {
  gives([
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['20 - 5 - 3', 12],
    ['20 / 5 * 2', 8],
    ['-2 * 3', -6],
    ['-count LIKE "-1_"', true],
    ['1 + 1 = 2 AND 2 > 1', true],
    // AND, OR and XOR bind alike: from left to right.
    ['true OR true AND false', false],
    ['true OR (true AND false)', true],
    ['false AND true OR true', true],
    // NOT binds more tightly than everything behind it.
    ['NOT false = true', true],
    ["NOT subject LIKE 'x%'", false, 'cast'],
    ["NOT (subject LIKE 'x%')", true],
    ["2 * 5 LIKE '5'", 2],
    ['3 * 2 IN (2)', 3],
  ]);
});

describe('3.4.3 LIKE', () => {
  gives([
    ["type LIKE 'com.example.%'", true],
    ["type LIKE '%.push'", true],
    ["type LIKE 'com.%.push'", true],
    ["type LIKE 'Com%'", false],
    ["type NOT LIKE '%.pull'", true],
    ["count LIKE '1_'", true],
    ["urgent LIKE 'tr%'", true],
    ["empty LIKE '%'", true],
    ["empty LIKE '_'", false],
    [String.raw`'5%' LIKE '5\%'`, true],
    [String.raw`'50' LIKE '5\%'`, false],
    [String.raw`'a_b' LIKE "a\_b"`, true],
    [String.raw`'a\b' LIKE 'a\b'`, true],
    [String.raw`'it\'s' LIKE 'it\'_'`, true],
    ['source LIKE subject', false, 'parse'],
    ["source LIKE ('a')", false, 'parse'],
  ]);
});

describe('3.4.5 IN', () => {
  gives([
    ["subject IN ('a', 'issue/7')", true],
    ["subject NOT IN ('a', 'issue/7')", false],
    ['hop IN (4, 5)', true],
    ["hop IN (04, '05')", false],
    ["5 IN ('05', 'x')", true],
    ["5 IN ('x', '05')", false, 'cast'],
    ["urgent IN ('FALSE', 'TRUE')", true],
    ['count IN (ttl + 2)', true],
    ["'12' IN (ttl, count)", true],
    ['1 IN ()', false, 'parse'],
    ['1 IN 1', false, 'parse'],
  ]);
});

describe('3.7 casts', () => {
  gives([
    ["INT('+12')", 12],
    ["INT('-0')", 0],
    ["INT('0000000000012')", 12],
    ["INT('2147483648')", 0, 'cast'],
    ["INT('-2147483648')", -2147483648],
    ["INT('-2147483649')", 0, 'cast'],
    ["INT('1e3')", 0, 'cast'],
    ["INT('0x10')", 0, 'cast'],
    ["INT('-')", 0, 'cast'],
    ["INT('１')", 0, 'cast'],
    ['INT(urgent)', 1],
    ["BOOL('tRuE')", true],
    ["BOOL('1')", false, 'cast'],
    ['BOOL(-3)', true],
    ['STRING(-0)', '0'],
    ['STRING(urgent)', 'true'],
    ["IS_INT('12')", true],
    ["IS_INT('12a')", false],
    ['IS_INT(true)', true],
    ["IS_BOOL('False')", true],
    ["IS_BOOL('0')", false],
    ['IS_BOOL(0)', true],
    ['IS_BOOL(nothere)', false, 'missingAttribute'],
  ]);
});

describe('3.5 functions', () => {
  gives([
    ["LENGTH('naïve')", 5],
    ["LENGTH('😀😀')", 2],
    ['length(count)', 2],
    ["concat(hop, '-', count, urgent)", '5-12true'],
    ['CONCAT()', ''],
    ["CONCAT_WS(', ', 1, 2, 3)", '1, 2, 3'],
    ["CONCAT_WS(', ')", ''],
    ["LOWER('ÀB')", 'àb'],
    ["UPPER('straße')", 'STRASSE'],
    ["TRIM('\t\u0085\u2003 a b\u00a0')", 'a b'],
    ["TRIM('\ufeffa\u200b')", '\ufeffa\u200b'],
    ["TRIM('   ')", ''],
    ["LEFT('😀bc', 2)", '😀b'],
    ["LEFT('abc', 0)", ''],
    ["LEFT('abc', 9)", 'abc'],
    ["LEFT('abc', -1)", 'abc', 'functionEvaluation'],
    ["RIGHT('ab😀', 2)", 'b😀'],
    ["RIGHT('abc', 0)", ''],
    ["RIGHT('abc', 9)", 'abc'],
    ["RIGHT('abc', -1)", 'abc', 'functionEvaluation'],
    ["SUBSTRING('a😀cd', 2)", '😀cd'],
    ["SUBSTRING('a😀cd', -3, 2)", '😀c'],
    ["SUBSTRING('abcd', 4)", 'd'],
    ["SUBSTRING('abcd', 5)", '', 'functionEvaluation'],
    ["SUBSTRING('abcd', -4)", 'abcd'],
    ["SUBSTRING('abcd', -5)", '', 'functionEvaluation'],
    ["SUBSTRING('abcd', -2147483648)", '', 'functionEvaluation'],
    ["SUBSTRING('', 1)", '', 'functionEvaluation'],
    ["SUBSTRING('abcd', 0)", ''],
    ["SUBSTRING('abcd', 0, 2)", ''],
    ["SUBSTRING('abcd', 2, 0)", ''],
    ["SUBSTRING('abcd', 2, 99)", 'bcd'],
    ["SUBSTRING('abcd', 2, -1)", '', 'functionEvaluation'],
    ["ABS('-3')", 3],
    ['ABS(-2147483648)', 2147483647, 'math'],
    ["ABS('x')", 0, 'cast'],
    ["LEFT(subject, 'x')", '', 'cast'],
    // What a failing function gives is for the one who asked for it alone.
    ["LEFT('abc', -1) = 'abc'", false, 'functionEvaluation'],
    ["LEFT(LEFT('abc', -1), 2)", '', 'functionEvaluation'],
    ['LENGTH()', false, 'missingFunction'],
    ['LENGTH(1, 2)', false, 'missingFunction'],
    ['CONCAT_WS()', false, 'missingFunction'],
    ['SUBSTRING(subject)', false, 'missingFunction'],
    ['NOW()', false, 'missingFunction'],
    ['toString()', false, 'missingFunction'],
  ]);
});

test('an expression changes neither the event nor its own next value', () => {
  const compiled = compile("LOWER(subject) IN ('issue/7') AND nothere = 1");
  if (!compiled.ok) throw new Error(compiled.problem.message);
  const before = JSON.stringify(event);
  const first = compiled.expression.evaluate(event);
  expect(compiled.expression.evaluate({ ...event, nothere: 1 })).toEqual({ value: true, errors: [] });
  expect(compiled.expression.evaluate(event)).toEqual(first);
  expect(JSON.stringify(event)).toBe(before);
});
