// Elements of JSON arrays as bytes: the same as JSON.parse finds, and an end for what is no JSON.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { elementsOf } from './elements.ts';

const texts = (json: string): string[] =>
  elementsOf(Buffer.from(json)).map((one) => Buffer.from(one).toString());

test.each([
  ['[]', []],
  [' [ \n ] ', []],
  ['[1]', ['1']],
  [' [ 1 ,\t"a,b" , {"a": [1, 2], "b": {}} , [ ] ]\n', ['1', '"a,b"', '{"a": [1, 2], "b": {}}', '[ ]']],
  ['["\\"]\\\\", "\\\\\\""]', ['"\\"]\\\\"', '"\\\\\\""']],
  ['["€😀,]", null, true]', ['"€😀,]"', 'null', 'true']],
])('%s', (json, elements) => {
  expect(texts(json)).toEqual(elements);
  expect(texts(json).map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(json));
});

test('strings of any length, whatever is escaped where', () => {
  const text = fc.array(fc.constantFrom('\\', '"', 'a', ',', ']', '€'), { maxLength: 150 });
  const value = text.map((chars) => chars.join(''));
  fc.assert(
    fc.property(fc.array(fc.oneof(value, fc.dictionary(value, value, { maxKeys: 3 }))), (values) => {
      expect(texts(JSON.stringify(values))).toEqual(values.map((one) => JSON.stringify(one)));
    }),
  );
});

test('elements are views of the bytes given', () => {
  const bytes = Buffer.from('[{"a":1}]');
  expect(elementsOf(bytes)[0]?.buffer).toBe(bytes.buffer);
});

test.each(['[', '["', '[{', '["\\', '', ']', '[1', '{"a":1}', '[[[]', '[,,,'])(
  'ends for what is no JSON: %s',
  (text) => expect(() => texts(text)).not.toThrow(),
);
