import { expect, test } from '@jest/globals';
import { readTrace } from './trace.ts';

const arrivals = (text: string): readonly (readonly number[])[] =>
  readTrace(text, 'a.csv').runtimes.map((it) => it.arrivals);

test('dates with fractions and CRLF; time counts from the first session', () => {
  const text = 'TIMESTAMP,Tokens\r\n2023-11-16 18:17:03.9799600,4808\r\n2023-11-16 18:17:05.0000000,10\r\n';
  const [only = []] = arrivals(text);
  expect(only[0]).toBe(0);
  expect(only[1]).toBeCloseTo(1_020.04, 3);
});

test('seconds without a header, in any order', () => {
  expect(arrivals('2.5\n1\n\n4\n')).toEqual([[0, 1_500, 3_000]]);
});

test('an end with a duration means when it began; a function is a runtime of its own', () => {
  const trace = readTrace('app,func,end_timestamp,duration\na,f,10,4\na,g,8,1\na,f,20,1\n', 'a.csv');
  expect(trace.runtimes).toEqual([
    { runtime: 'f', arrivals: [0, 13_000] },
    { runtime: 'g', arrivals: [1_000] },
  ]);
  expect([trace.sessions, trace.lengthMs]).toEqual([3, 13_000]);
});

test('offsets of dates, quoted fields', () => {
  expect(arrivals('when,date\n"a, b",2024-01-01T01:00:00+01:00\n"c",2024-01-01T00:00:01Z\n')).toEqual([
    [0, 1_000],
  ]);
});

test.each([
  ['', 'a.csv: empty'],
  ['time\n', 'a.csv: a header and no rows'],
  ['name,size\nx,y\n', 'a.csv, line 2: no column holds a timestamp; columns: name, size'],
  [
    'time\n1\nsoon\n',
    'a.csv, line 3, column time: "soon" is neither seconds nor a date like 2023-11-16 18:17:03.98',
  ],
  [
    'name,time\nx,1\nx\n',
    'a.csv, line 3, column time: nothing is neither seconds nor a date like 2023-11-16 18:17:03.98',
  ],
  [
    '1\n2023-13-01\n',
    'a.csv, line 2, column 1: "2023-13-01" is neither seconds nor a date like 2023-11-16 18:17:03.98',
  ],
])('%j is refused with the place', (text, message) => {
  expect(() => readTrace(text, 'a.csv')).toThrow(message);
});
