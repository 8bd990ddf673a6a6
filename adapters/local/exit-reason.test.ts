import { describe, expect, test } from '@jest/globals';
import { exitCodeIn, exitReason, quantityText } from './exit-reason.ts';

describe('why a sandbox ended', () => {
  const cases: [string, Parameters<typeof exitReason>[0]][] = [
    ['exit code 0', { code: 0, oomKills: 0 }],
    ['exit code 1', { code: 1, oomKills: 0 }],
    ['killed by SIGSEGV', { code: 139, oomKills: 0 }],
    ['killed by SIGKILL', { code: 137, oomKills: 0, memoryLimitBytes: 1024 }],
    ['killed by signal 40', { code: 168, oomKills: 0 }],
    ['exit code 255', { code: 255, oomKills: 0 }],
    ['out of memory (limit 128Mi)', { code: 137, oomKills: 1, memoryLimitBytes: 128 * 1024 * 1024 }],
    ['out of memory', { code: 1, oomKills: 2 }],
    ['its processes are gone', { oomKills: 0 }],
  ];
  test.each(cases)('%s', (words, facts) => expect(exitReason(facts)).toBe(words));

  test('a child that ran out of memory does not explain an orderly end', () =>
    expect(exitReason({ code: 0, oomKills: 1 })).toBe('exit code 0'));
});

test('bytes are told in the greatest unit that divides them', () => {
  expect([1023, 1024, 1536 * 1024, 2 ** 31, 3 * 2 ** 40, 2 ** 60].map(quantityText)).toEqual([
    '1023',
    '1Ki',
    '1536Ki',
    '2Gi',
    '3Ti',
    '1048576Ti',
  ]);
});

test('the exit code is read from the status file, and is unknown while it is empty', () => {
  expect(exitCodeIn('{ "exit-code": 7 }\n')).toBe(7);
  expect(exitCodeIn('')).toBeUndefined();
});
