// The formats of URIs and times against the library's schema, which says what they are, on texts put together by chance.
import { expect, test } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import { numbers } from '../../test/support/numbers.ts';
import { hasFormat } from './formats.ts';

const around = { id: '-', source: '-', type: '-', specversion: '1.0' };

function takenByTheLibrary(change: Readonly<Record<string, string>>): boolean {
  try {
    new CloudEvent({ ...around, ...change });
    return true;
  } catch {
    return false;
  }
}

/** What the library is too lenient about. */
const isZoned = (value: string): boolean => /(z|[+-]\d\d:\d\d)$/i.test(value);

const pieces = {
  source: [
    'http://',
    'https://',
    '//',
    '/',
    ':',
    '.',
    '..',
    'a',
    'Z',
    '9',
    '-',
    '_',
    '~',
    '%41',
    '%',
    '?',
    '#',
    '[',
    ' ',
  ],
  dataschema: [
    'http://',
    'https://',
    '/',
    ':',
    '.',
    'a',
    'Z',
    '9',
    '-',
    '_',
    '~',
    '%41',
    '?',
    '#',
    '@',
    '\n',
  ],
  time: [
    '2024-02-29',
    '2023-02-29',
    '2018-04-05',
    '2018-13-01',
    'T',
    't',
    ' ',
    '17:31:00',
    '24:00:00',
    '23:59:60',
    '.5',
    '.',
    'Z',
    'z',
    '+01:00',
    '-25:00',
  ],
} as const;

const attributes = Object.keys(pieces) as (keyof typeof pieces)[];

test.each(attributes)(
  '%s has its format exactly when the library says so, a time only with its zone',
  (attribute) => {
    const next = numbers(7);
    const some = pieces[attribute];
    const any = () => some[Math.floor(next() * some.length)] ?? '';
    const verdicts = new Set<boolean>();
    for (let n = 0; n < 20_000; n += 1) {
      const value = Array.from({ length: 1 + Math.floor(next() * 6) }, any).join('');
      const verdict = hasFormat(attribute, value);
      verdicts.add(verdict);
      const wanted = takenByTheLibrary({ [attribute]: value }) && (attribute !== 'time' || isZoned(value));
      if (verdict !== wanted) expect([value, verdict]).toEqual([value, !verdict]);
    }
    expect(verdicts).toEqual(new Set([true, false]));
  },
);

test('a text that is longer than anybody writes has no format', () => {
  expect(hasFormat('source', `/${'a'.repeat(65_535)}`)).toBe(true);
  expect(hasFormat('source', `/${'a'.repeat(65_536)}`)).toBe(false);
});
