// Protobuf by hand: the same bytes as containerd's own.
import { expect, test } from '@jest/globals';
import { decodeStatus, encodeContainerId, taskStatus } from './messages.ts';

test('a container’s id is the first field', () => {
  expect(encodeContainerId('abc')).toEqual(Buffer.from([0x0a, 3, 0x61, 0x62, 0x63]));
});

test('an id that is longer than one byte can tell', () => {
  const encoded = encodeContainerId('x'.repeat(300));
  expect([...encoded.subarray(0, 3)]).toEqual([0x0a, 0xac, 0x02]);
  expect(encoded).toHaveLength(303);
});

test('the status is found behind fields of every kind', () => {
  const process = Buffer.from([
    ...[0x0a, 1, 0x61], // container_id
    ...[0x18, 0xe8, 0x07], // pid 1000
    ...[0x59, 0, 0, 0, 0, 0, 0, 0, 0], // eight bytes
    ...[0x65, 0, 0, 0, 0], // four bytes
    ...[0x20, taskStatus.paused],
    ...[0x2a, 2, 0x20, taskStatus.running], // text that looks like a status
  ]);
  expect(decodeStatus(Buffer.from([0x0a, process.length, ...process]))).toBe(taskStatus.paused);
});

test('no status is 0', () => {
  expect(decodeStatus(Buffer.alloc(0))).toBe(0);
  expect(decodeStatus(Buffer.from([0x0a, 3, 0x0a, 1, 0x61]))).toBe(0);
});

test.each([[[0x0a, 5, 1]], [[0x0a]], [[0x0b, 0]], [[0x80]]])('%j is no message', (bytes) => {
  expect(() => decodeStatus(Buffer.from(bytes))).toThrow('not a protobuf message');
});
