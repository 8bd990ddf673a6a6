import { expect, test } from '@jest/globals';
import { readOptions } from './options.ts';

test('what is not given has a value', () => {
  expect(readOptions(['a.csv'])).toEqual({
    traces: ['a.csv'],
    startUps: [{ median: 1.5, p99: 1.5, text: '1.5' }],
    failing: 0,
    roundMs: 1_000,
    warm: 0.99,
    idles: [10, 20, 40],
    largest: 200,
    all: false,
    seed: 1,
  });
});

test('several start-ups, with tails; a share in percent or not', () => {
  const options = readOptions([
    'a.csv',
    '--startup',
    '2',
    '--startup',
    '1.5:6',
    '--warm',
    '99.9%',
    '--explain',
    '60',
  ]);
  expect(options).toMatchObject({ startUps: [{ p99: 2 }, { median: 1.5, p99: 6 }], explainAt: 60_000 });
  expect(readOptions(['a.csv', '--warm', '0.5'])).toMatchObject({ warm: 0.5 });
});

test('help is help', () => {
  expect(readOptions(['--help'])).toBe('help');
});

test.each([
  [[], 'no trace given: npm run simulate -- TRACE.csv'],
  [['a', '--startup', '0'], '--startup: "0" is not a number from 0.001 to 86400'],
  [['a', '--startup', '3:2'], '--startup: "2" is not a number from 3 to 86400'],
  [['a', '--startup', '1:2:3'], '--startup: "1:2:3" is not S or S:S, as in 1.5:6'],
  [['a', '--warm', '200%'], '--warm: "200%" is not between 0 % and 100 %, as in 99% or 0.99'],
  [['a', '--warm', '0'], '--warm: "0" is not between 0 % and 100 %, as in 99% or 0.99'],
  [['a', '--idle', '10,x'], '--idle: "x" is not a number from 0 to 1000000'],
  [['a', '--nope'], "Unknown option '--nope'"],
])('%j is refused', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
