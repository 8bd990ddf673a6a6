import { expect, test } from '@jest/globals';
import { readArguments } from './arguments.ts';

const known = { port: { bare: false }, debug: { bare: true }, 'log-file': { bare: false } };

test.each([
  [['--port', '1'], { port: '1' }],
  [['--port=1'], { port: '1' }],
  [['-port', '1'], { port: '1' }],
  [['--port', '1', '--port', '2'], { port: '2' }],
  [['--port', '-1'], { port: '-1' }],
  [['--log-file', '-'], { 'log-file': '-' }],
  [['--log-file=--odd'], { 'log-file': '--odd' }],
  [['--debug'], { debug: 'true' }],
  [['--debug=false'], { debug: 'false' }],
  [['--debug', 'false'], { debug: 'false' }],
  [['--debug', '--port', '1'], { debug: 'true', port: '1' }],
])('%j', (args, values) =>
  expect(readArguments(args, known)).toEqual({ values, positionals: [], problems: [] }),
);

test('a switch leaves what follows alone', () =>
  expect(readArguments(['--debug', 'folder'], known)).toMatchObject({
    values: { debug: 'true' },
    positionals: ['folder'],
  }));

test('every problem at once, and no value is repeated: it may be a secret', () => {
  const { problems } = readArguments(
    ['--prot=hunter2', '--port', '--log-file', 'x', '--pasword=hunter2'],
    known,
  );
  expect(problems).toEqual([
    '--prot: there is no such setting',
    expect.stringContaining('--port: needs a value'),
    '--pasword: there is no such setting',
  ]);
});
