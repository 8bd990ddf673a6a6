// What a dead letter tells of itself, checked against Knative's transformers and read back with the CloudEvents library.
import { describe, expect, test } from '@jest/globals';
import { HTTP, type CloudEvent } from 'cloudevents';
import type { EncodedEvent } from '../../../model/event-queue.ts';
import { errorAttributes, withError } from './delivery-error.ts';

const error = { dest: '/v1/namespaces/default/agent-runtimes/a/invocations/', code: 503, data: 'not\nnow' };

const binary: EncodedEvent = {
  mode: 'binary',
  headers: [
    ['ce-specversion', '1.0'],
    ['ce-id', '1'],
    ['ce-source', '/s'],
    ['ce-type', 't'],
    ['content-type', 'text/plain'],
  ],
  body: Buffer.from('hello'),
};

const structuredText = '{ "specversion":"1.0","id":"1","source":"/s","type":"t", "data":{"a":"}"} }\n';
const structured: EncodedEvent = {
  mode: 'structured',
  headers: [['content-type', 'application/cloudevents+json']],
  body: Buffer.from(structuredText),
};

const read = (event: EncodedEvent): CloudEvent => {
  const message = { headers: Object.fromEntries(event.headers), body: Buffer.from(event.body).toString() };
  return HTTP.toEvent(message) as CloudEvent;
};

describe('the attributes', () => {
  test('are where it went, what was answered, and its beginning in Base64 without control characters', () => {
    expect(errorAttributes(error)).toEqual({
      knativeerrordest: error.dest,
      knativeerrorcode: '503',
      knativeerrordata: Buffer.from('notnow').toString('base64'),
    });
  });
  test('say 500 when there was no answer', () => {
    expect(errorAttributes({ ...error, code: 0 }).knativeerrorcode).toBe('500');
  });
  test('are no longer than Knative allows', () => {
    expect(errorAttributes({ ...error, data: 'x'.repeat(1_024) }).knativeerrordata).toHaveLength(1_024);
  });
});

describe('an event in binary mode', () => {
  test('has them as headers, and its body as it was', () => {
    const dead = withError(binary, error);
    expect(read(dead)).toMatchObject({ id: '1', knativeerrordest: error.dest, knativeerrorcode: '503' });
    expect(dead.body).toBe(binary.body);
  });
  test('that was a dead letter before has the newest', () => {
    const twice = withError(withError(binary, { ...error, code: 500 }), { ...error, dest: 'https://b/"ü"' });
    const names = twice.headers.map(([name]) => name);
    expect(names.filter((name) => name.startsWith('ce-knative'))).toHaveLength(3);
    expect(twice.headers).toContainEqual(['ce-knativeerrordest', 'https://b/%22%C3%BC%22']);
  });
});

describe('an event in structured mode', () => {
  test('has them as members behind its own, which stay byte for byte', () => {
    const dead = withError(structured, error);
    expect(read(dead)).toMatchObject({ id: '1', knativeerrordest: error.dest, data: { a: '}' } });
    expect(Buffer.from(dead.body).toString().startsWith(structuredText.slice(0, -2))).toBe(true);
  });
  test('that was a dead letter before has the newest, once', () => {
    const twice = withError(withError(structured, { ...error, code: 500 }), error);
    expect(
      Buffer.from(twice.body)
        .toString()
        .match(/knativeerrorcode/g),
    ).toHaveLength(1);
    expect(read(twice)).toMatchObject({ knativeerrorcode: 503, data: { a: '}' } });
  });
  test('that speaks of them in its data is not changed there', () => {
    const data = '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"knativeerrorcode":1}}';
    const dead = withError({ ...structured, body: Buffer.from(data) }, error);
    expect(read(dead)).toMatchObject({ knativeerrorcode: 503, data: { knativeerrorcode: 1 } });
  });
});
