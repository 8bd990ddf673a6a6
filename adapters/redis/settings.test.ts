import { describe, expect, test } from '@jest/globals';
import { addressesOf } from './settings.ts';

describe('addresses', () => {
  test.each([
    ['redis.example:7000', 'single', [{ host: 'redis.example', port: 7000 }]],
    ['redis.example', 'single', [{ host: 'redis.example', port: 6379 }]],
    ['redis.example', 'sentinel', [{ host: 'redis.example', port: 26_379 }]],
    ['[::1]:7000', 'single', [{ host: '::1', port: 7000 }]],
    ['[::1]', 'cluster', [{ host: '::1', port: 6379 }]],
    ['fe80::1', 'single', [{ host: 'fe80::1', port: 6379 }]],
    [
      'a:1, b:2,',
      'cluster',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    ],
  ] as const)('%s in mode %s', (addr, mode, addresses) => {
    expect(addressesOf({ addr, mode })).toEqual(addresses);
  });
});
