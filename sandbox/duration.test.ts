import { describe, expect, test } from '@jest/globals';
import { formatDuration, formatWhole, parseDuration } from './duration.ts';

describe('a duration is read as Go reads it', () => {
  test.each([
    ['0', 0],
    ['60s', 60e9],
    ['0.5s', 0.5e9],
    ['.5s', 0.5e9],
    ['1.s', 1e9],
    ['500ms', 500e6],
    ['1m30s', 90e9],
    ['2h45m0.5s', 9900.5e9],
    ['-1.5h', -5400e9],
    ['+3us', 3000],
    ['7\u00b5s', 7000],
    ['7\u03bcs', 7000],
    ['12ns', 12],
  ])('%s is %d ns', (text, ns) => {
    expect(parseDuration(text)).toEqual({ ok: true, ns });
  });

  test.each([
    ['10', 'time: missing unit in duration "10"'],
    ['1m30', 'time: missing unit in duration "1m30"'],
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['abc', 'time: invalid duration "abc"'],
    ['.s', 'time: invalid duration ".s"'],
    ['1 s', 'time: unknown unit " s" in duration "1 s"'],
    ['10x', 'time: unknown unit "x" in duration "10x"'],
    ['9999999999h', 'time: invalid duration "9999999999h"'],
  ])('%s is refused', (text, error) => {
    expect(parseDuration(text)).toEqual({ ok: false, error });
  });
});

describe('a duration is printed as Go prints it', () => {
  test.each([
    [0, '0s'],
    [999, '999ns'],
    [1500, '1.5\u00b5s'],
    [1_500_000, '1.5ms'],
    [20_000_000, '20ms'],
    [1e9, '1s'],
    [12_345_678_901, '12.345678901s'],
    [90.25e9, '1m30.25s'],
    [7200e9, '2h0m0s'],
    [-1e9, '-1s'],
  ])('%d ns is %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });
});

describe('%.0f rounds halves to even', () => {
  test.each([
    [0.5, '0'],
    [1.5, '2'],
    [2.5, '2'],
    [0.51, '1'],
    [60, '60'],
    [-1, '-1'],
    [-0.5, '-0'],
  ])('%d is %s', (value, text) => {
    expect(formatWhole(value)).toBe(text);
  });
});
