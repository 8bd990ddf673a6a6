import { describe, expect, test } from '@jest/globals';
import { formatFileMode, parseFileMode } from './file-mode.ts';

describe('a mode is octal text, and anything else means 0644', () => {
  test.each([
    ['0755', 0o755],
    ['600', 0o600],
    ['0', 0],
    ['0777', 0o777],
    ['1000', 0o644],
    ['0o755', 0o644],
    ['rwx', 0o644],
    ['-1', 0o644],
    ['', 0o644],
    [undefined, 0o644],
  ])('%s', (text, mode) => {
    expect(parseFileMode(text)).toBe(mode);
  });
});

describe('a mode is printed as ls does, with the letters of Go', () => {
  test.each([
    [0o100644, '-rw-r--r--'],
    [0o040755, 'drwxr-xr-x'],
    [0o120777, 'Lrwxrwxrwx'],
    [0o041777, 'dtrwxrwxrwx'],
    [0o104755, 'urwxr-xr-x'],
    [0o102755, 'grwxr-xr-x'],
    [0o010600, 'prw-------'],
    [0o140600, 'Srw-------'],
    [0o020600, 'Dcrw-------'],
    [0o100000, '----------'],
  ])('%o', (mode, text) => {
    expect(formatFileMode(mode)).toBe(text);
  });
});
