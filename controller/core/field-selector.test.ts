// Field selectors, and the words in which Kubernetes refuses them.
import { expect, test } from '@jest/globals';
import { parseFields, selectsFields } from './field-selector.ts';

test.each([
  ['', true],
  ['metadata.name=a', true],
  ['metadata.name==b', false],
  ['metadata.name!=b,metadata.namespace=team', true],
  ['metadata.namespace=', false],
])('%j: %s', (text, is) => {
  expect(selectsFields(parseFields(text), { name: 'a', namespace: 'team' })).toBe(is);
});

test.each([
  ['a', "invalid selector: 'a'; can't understand 'a'"],
  ['metadata.name=a,b', "invalid selector: 'metadata.name=a,b'; can't understand 'b'"],
  ['metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
  ['spec.image=x', 'field label not supported: spec.image'],
])('%j is refused in the words of Kubernetes', (text, words) => {
  expect(() => parseFields(text)).toThrow(words);
});
