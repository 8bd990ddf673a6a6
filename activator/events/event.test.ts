// Every message of the corpus of valid and of invalid events: what is read of it, what is kept, and why it is refused.
import { expect, test } from '@jest/globals';
import { PlatformError } from '../../model/errors.ts';
import { invalidEvents } from '../../test/support/invalid-events.ts';
import { batchType, binary, json, member, type Message } from '../../test/support/event-messages.ts';
import { numbers } from '../../test/support/numbers.ts';
import { validBatch, validEvents } from '../../test/support/valid-events.ts';
import { attributesOf, eventHead, readEvent, readEvents, type ReadEvent } from './event.ts';

const limits = { maxBatchEvents: 100, maxEventBytes: 1_000 };

const read = ({ headers, body }: Message): readonly ReadEvent[] =>
  readEvents(eventHead(Object.entries(headers).flat()), body, limits);

function refusal(work: () => unknown): PlatformError {
  try {
    work();
  } catch (fault) {
    if (fault instanceof PlatformError) return fault;
    throw fault;
  }
  throw new Error('it was taken');
}

test.each(validEvents)('$what', ({ attributes, ...message }) => {
  const [event, ...more] = read(message);
  expect(more).toEqual([]);
  expect(event?.attributes).toEqual(attributes);
  expect(Buffer.from(event?.encoded.body ?? [])).toEqual(message.body);
});

test.each(validEvents)('read again from what is kept: $what', ({ attributes, ...message }) => {
  const kept = read(message).map(({ encoded }) => attributesOf(encoded));
  expect(kept).toEqual([attributes]);
});

test('what belongs to an event is kept of its headers, and nothing else', () => {
  const message = binary({ subject: 'a%20b' }, '', { 'X-Other': '1', Authorization: 'secret' });
  const traced = { ...message.headers, TraceParent: '00-1', 'Content-Type': 'text/plain', 'CE-Extra': 'x' };
  expect(read({ ...message, headers: traced })[0]?.encoded.headers).toEqual([
    ['ce-specversion', '1.0'],
    ['ce-id', 'A234-1234-1234'],
    ['ce-source', '/mycontext'],
    ['ce-type', 'com.example.someevent'],
    ['ce-subject', 'a%20b'],
    ['ce-extra', 'x'],
    ['content-type', 'text/plain'],
    ['traceparent', '00-1'],
  ]);
});

test('the events of a batch are the bytes that they have in it, each a structured event', () => {
  const { bodies, ...message } = validBatch();
  const events = read(message);
  expect(events.map(({ encoded }) => Buffer.from(encoded.body).toString())).toEqual(bodies);
  expect(events.map(({ encoded }) => encoded.mode)).toEqual(bodies.map(() => 'structured'));
  const again = events.map(({ encoded }) => attributesOf(encoded));
  expect(again).toEqual(events.map(({ attributes }) => attributes));
});

test('an empty batch has no events', () => {
  expect(read(json(' [ ]', `${batchType}; charset=utf-8`))).toEqual([]);
});

test('an attribute that is given twice is refused', () => {
  const headers = ['ce-id', '1', 'ce-source', '/a', 'CE-ID', '2', 'ce-type', 'a', 'ce-specversion', '1.0'];
  const error = refusal(() => readEvent(headers, Buffer.of()));
  expect(error.details.problems).toEqual([{ attribute: 'id', rule: 'is given twice' }]);
});

test.each(invalidEvents)('$what', ({ attribute, rule, event, ...message }) => {
  const error = refusal(() => read(message));
  expect(error.code).toBe('INVALID_EVENT');
  expect(error.details.problems).toContainEqual({
    attribute,
    rule: expect.stringMatching(rule),
    ...(event !== undefined && { event }),
  });
});

test('every problem of an event is told at once', () => {
  const error = refusal(() => read(json(member({ id: '', source: 'a b', time: 'now', ext: {} }))));
  const problems = error.details.problems as readonly { readonly attribute: string }[];
  expect(problems.map(({ attribute }) => attribute).sort()).toEqual(['ext', 'id', 'source', 'time']);
  expect(error.message).toBe('id is empty (and 3 more)');
});

test.each([
  ['application/cloudevents+avro'],
  ['application/cloudevents'],
  ['application/cloudevents-batch+xml'],
  ['application/cloudevents+json; charset=utf-16'],
])('%s is no format that is read', (type) => {
  expect(refusal(() => read(json(member({}), type))).code).toBe('UNSUPPORTED_MEDIA_TYPE');
});

test('a batch has as many events as it may, each as large as it may be', () => {
  const one = member({ data: 'x'.repeat(limits.maxEventBytes) });
  expect(refusal(() => read(json(`[${member({})},${one}]`, batchType))).code).toBe('EVENT_TOO_LARGE');
  const many = Array.from({ length: 101 }, () => member({})).join(',');
  expect(refusal(() => read(json(`[${many}]`, batchType))).code).toBe('EVENT_TOO_LARGE');
});

test('a reply without attributes is no event; one with a single attribute is a wrong one', () => {
  expect(readEvent(['Content-Type', 'application/json'], Buffer.from('{}'))).toBeUndefined();
  expect(refusal(() => readEvent(['ce-id', '1'], Buffer.of())).code).toBe('INVALID_EVENT');
});

test('whatever is done to a message, it is taken as it is or refused by a typed error', () => {
  const messages = [...validEvents, ...invalidEvents, validBatch()];
  const verdicts = new Set<string>();
  const next = numbers(11);
  for (let n = 0; n < 20_000; n += 1) {
    const { headers, body } = messages[Math.floor(next() * messages.length)] ?? validBatch();
    const changed = Buffer.from(body);
    for (let change = 0; change < 3 && changed.length > 0; change += 1)
      changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
    try {
      const events = read({ headers, body: changed });
      const bodies = events.map(({ encoded }) => Buffer.from(encoded.body).toString('latin1'));
      const sent = changed.toString('latin1');
      expect(bodies.every((one) => sent.includes(one))).toBe(true);
      verdicts.add('taken');
    } catch (fault) {
      if (!(fault instanceof PlatformError)) throw fault;
      verdicts.add(fault.code);
    }
  }
  expect(verdicts).toEqual(new Set(['taken', 'INVALID_EVENT']));
});
