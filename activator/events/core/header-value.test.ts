// Headers of attributes: each rule of the HTTP binding for reading them, and what older senders write.
import { expect, test } from '@jest/globals';
import { headerText } from './header-value.ts';

test.each([
  ['plain text ~!', 'plain text ~!'],
  ['', ''],
  ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
  ['%e2%82%ac', '€'],
  ['%41%2541', 'A%41'],
  ['100%', '100%'],
  ['%zz%4', '%zz%4'],
  ['"a b"', 'a b'],
  ['"a \\"b\\" \\\\ %41"', 'a "b" \\ A'],
  ['a "b" c', 'a "b" c'],
  ['"', '"'],
  [Buffer.from('Grüße').toString('latin1'), 'Grüße'],
  ['%EF%BB%BFa', '\ufeffa'],
])('%s means %s', (value, text) => {
  expect(headerText(value)).toBe(text);
});

test.each(['%C0%A0', '%ED%A0%80', '%FF', 'Gr\u00fc\u00dfe', '%E2%82'])('%s is not UTF-8', (value) => {
  expect(headerText(value)).toBeUndefined();
});
