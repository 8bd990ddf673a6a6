import { expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { execClean, quoted, reporting } from './shell.ts';

const nasty = `a 'b' "c" $HOME \`d\` \\ \n e`;

test('a quoted word is one word, whatever is in it', () =>
  expect(execFileSync('/bin/sh', ['-c', `printf %s ${quoted(nasty)}`], { encoding: 'utf8' })).toBe(nasty));

test('a clean command has the given variables and no others', () => {
  const script = execClean([{ name: 'A', value: nasty }], ['/usr/bin/env', '-0']);
  const output = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: { SECRET: 'x' } });
  expect(output.split('\0').filter((line) => line !== '')).toEqual([`A=${nasty}`]);
});

test.each([
  ['exit 3', 3],
  ['kill -SEGV $$', 139],
])('how %s ended is written to descriptor 4', (script, code) => {
  const [program = '', ...args] = reporting(['/bin/sh', '-c', script]);
  const { output } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  expect(JSON.parse(output[4] ?? '')).toEqual({ 'exit-code': code });
});
