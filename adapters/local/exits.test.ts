import { expect, test } from '@jest/globals';
import { createExits } from './exits.ts';

const exit = (id: string) => ({ id, generation: 1, why: 'exit code 1' });

test('what ended before anybody listened is told to the first who does, once', () => {
  const exits = createExits();
  const heard: string[] = [];
  exits.tell(exit('early'));
  const stop = exits.listen(({ id }) => heard.push(`first ${id}`));
  exits.listen(({ id }) => heard.push(`second ${id}`));
  exits.tell(exit('late'));
  stop();
  exits.tell(exit('last'));
  expect(heard).toEqual(['first early', 'first late', 'second late', 'second last']);
});
