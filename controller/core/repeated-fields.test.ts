// Fields that are written twice.
import { describe, expect, test } from '@jest/globals';
import { repeatedFields } from './repeated-fields.ts';

describe('repeatedFields', () => {
  test.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"a":{"b":1},"c":{"b":2}}', []],
    ['{"a":{"b":1,"b":2}}', ['a.b']],
    ['{"a":[{"b":1},{"b":1,"b":{}}]}', ['a[1].b']],
    ['{"a":"{\\"b\\":1,\\"b\\":2}","\\u0061":2}', ['a']],
    ['{"a":["x","x"],"b":"a","x" : 1,"x"\n:2}', ['x']],
    ['[]', []],
  ])('%s', (json, expected) => {
    expect(repeatedFields(json)).toEqual(expected);
  });
});
