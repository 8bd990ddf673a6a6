import { expect, test } from '@jest/globals';
import { readImageTable } from './images.ts';

test('folders are relative to the table', () => {
  const text = 'images:\n  - { name: "hello:latest", folder: hello, command: [python3, /app/agent.py] }\n';
  expect(readImageTable('/srv/tables/images.yaml', text)).toEqual([
    { name: 'hello:latest', folder: '/srv/tables/hello', command: ['python3', '/app/agent.py'] },
  ]);
});

test('every problem is named with the file', () => {
  const text = 'images:\n  - { name: "", folder: hello }\n  - { name: a, directory: b }\n';
  expect(() => readImageTable('images.yaml', text)).toThrow(/images\.yaml: .*images\.0\.name.*images\.1/);
});
