import { expect, test } from '@jest/globals';
import { Output } from './output.ts';

test('output within the limit is kept whole', () => {
  const output = new Output(10);
  for (const text of ['12345', '67890']) output.add(Buffer.from(text));
  expect([output.text(), output.truncationNote('stdout')]).toEqual(['1234567890', '']);
});

test('beyond it the beginning is kept, the rest is counted', () => {
  const output = new Output(4);
  for (const text of ['123', '456', '789']) output.add(Buffer.from(text));
  expect(output.text()).toBe('1234');
  expect(output.truncationNote('stdout')).toBe('\n[stdout truncated: kept the first 4 of 9 bytes]\n');
});
