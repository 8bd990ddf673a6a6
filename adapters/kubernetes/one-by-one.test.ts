import { expect, test } from '@jest/globals';
import { createOneByOne } from './one-by-one.ts';

function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { promise, resolve, reject };
}

test('what is given for one key follows one another, also after a failure', async () => {
  const turns = createOneByOne();
  const done: string[] = [];
  const [first, second] = [task(), task()];
  const one = turns.run('a', () => first.promise).catch(() => done.push('first'));
  const two = turns.run('a', () => {
    done.push('second begins');
    return second.promise;
  });
  expect(done).toEqual([]);
  first.reject(new Error('no'));
  second.resolve('yes');
  expect([await one, await two]).toEqual([1, 'yes']);
  expect(done).toEqual(['first', 'second begins']);
});

test('different keys do not wait for each other, and the answer is the work’s', async () => {
  const turns = createOneByOne();
  const never = turns.run('a', () => new Promise(() => undefined));
  expect(await turns.run('b', () => Promise.resolve(7))).toBe(7);
  expect(never).toBeInstanceOf(Promise);
});
