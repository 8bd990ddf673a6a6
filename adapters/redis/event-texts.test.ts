// Tickets say again what they were made of, whatever a lane looks like, and nothing else is taken for one.
import { describe, expect, test } from '@jest/globals';
import { deliveryOfFields, fieldsOf, laneText, ticketOf, ticketText } from './event-texts.ts';

const ticket = { trigger: 'default/t', seq: '12', turn: '3', at: '1700000000000', size: '100' };

describe('a ticket', () => {
  test.each(['', '=', '=plain', '=two\nlines', '=\n', '=ü\u0000"'])(
    'of lane %j says what it was made of',
    (lane) => {
      expect(ticketOf(ticketText({ ...ticket, lane }))).toEqual({ ...ticket, lane });
    },
  );

  test.each([
    '',
    'x',
    'default/t\n12\n3',
    'default/t\nseven\n3\n1\n1\n',
    '\n\n\n\n\n',
    'default/t\n-1\n3\n1\n1\n',
  ])('%j is none', (text) => {
    expect(ticketOf(text)).toBeUndefined();
  });
});

describe('fields', () => {
  test('of a delivery without a lane, and with an empty one', () => {
    const fields = (lane: string) =>
      fieldsOf(
        [
          'l',
          lane,
          'h',
          '{"source":"/s","id":"1","type":"t","hops":0,"mode":"binary","headers":[]}',
          'b',
          'x',
        ].map((text) => Buffer.from(text)),
      );
    expect(deliveryOfFields(fields(laneText(undefined)), 'default/t')).not.toHaveProperty('lane');
    expect(deliveryOfFields(fields(laneText('')), 'default/t')).toMatchObject({ lane: '', id: '1' });
  });
});
