// The CloudEvents project's own SDKs, as published and unmodified, send to our brokers in every mode that they have; what is stored is
// what they sent, byte for byte, and an SDK reads it again as the event that it was.
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CloudEvent, emitterFor, HTTP, httpTransport, Mode, type Message } from 'cloudevents';
import { attributesOf } from '../../activator/events/event.ts';
import type { Taken } from '../../model/event-queue.ts';
import { IngressLab, triggerOf } from '../support/ingress-lab.ts';
import { findEventsPython, sendWithPython, type GivenEvent, type Sent } from '../support/python-events.ts';

jest.setTimeout(300_000);

const least = {
  id: 'A234',
  source: '/mycontext',
  type: 'com.example.someevent',
  time: '2026-01-02T03:04:05Z',
};

const given: readonly GivenEvent[] = [
  [{ ...least, id: '1' }, null],
  [
    { ...least, id: '2', datacontenttype: 'application/json' },
    { a: [1, 2.5, 'é'], b: null },
  ],
  [{ ...least, id: '3', datacontenttype: 'text/plain' }, 'Grüße €😀'],
  [{ ...least, id: '4', datacontenttype: 'application/octet-stream' }, { base64: '/+8AAQ==' }],
  [
    {
      ...least,
      id: '5',
      subject: 'issue 1 "quoted" 100% €',
      dataschema: 'https://example.com/schema#v1',
      datacontenttype: 'application/json',
      sequence: '7',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    { a: 1 },
  ],
  [{ ...least, id: '6', source: 'https://example.com/a%20b?c=d#e' }, null],
];

let lab: IngressLab;
beforeEach(async () => {
  lab = await IngressLab.start({ triggers: [triggerOf('all')] });
});
afterEach(() => lab.close());

/** Attributes as text, and a time as the moment that it is. */
const asText = (attributes: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        name,
        name === 'time' ? new Date(String(value)).toISOString() : String(value),
      ]),
  );

const bodyOf = ({ event }: Taken): Buffer => Buffer.from(event.body);

describe('the SDK for JavaScript', () => {
  const toEvent = ([attributes, data]: GivenEvent): CloudEvent<unknown> => {
    const isBytes = typeof data === 'object' && data !== null && 'base64' in data;
    const carried = isBytes
      ? Uint8Array.from(Buffer.from(String(data.base64), 'base64'))
      : (data ?? undefined);
    return new CloudEvent({ ...attributes, ...(carried !== undefined && { data: carried }) });
  };

  test.each([
    ['structured', Mode.STRUCTURED],
    ['binary', Mode.BINARY],
  ] as const)('sends in %s mode what is stored as it was sent', async (kind, mode) => {
    const sent: Message[] = [];
    const send = httpTransport(lab.url());
    const emit = emitterFor(
      (message, options) => {
        sent.push(message);
        return send(message, options);
      },
      { mode },
    );
    // It cannot put what is no Latin-1 into a header, nor nothing into a body.
    const able = given.filter(([{ id }, data]) => kind === 'structured' || (id !== '5' && data !== null));
    for (const one of able) await emit(toEvent(one));
    const stored = await lab.take('all');
    expect(stored.map(bodyOf)).toEqual(sent.map(({ body }) => Buffer.from(body as Uint8Array)));
    expect(stored.map(({ event }) => event.mode)).toEqual(able.map(() => kind));
    for (const [n, { event }] of stored.entries()) {
      const [attributes = {}] = able[n] ?? [];
      expect(asText(attributesOf(event))).toMatchObject(asText(attributes));
    }
  });

  test('reads again what is stored', async () => {
    const message = HTTP.structured(toEvent(given[4] ?? [{}, null]));
    await lab.post({ headers: message.headers, body: String(message.body) });
    const [taken] = await lab.take('all');
    const headers = Object.fromEntries(taken?.event.headers ?? []);
    const body = Buffer.from(taken?.event.body ?? []).toString();
    expect(HTTP.toEvent({ headers, body })).toMatchObject({ id: '5', sequence: '7', data: { a: 1 } });
  });

  test('sends batches, as its documentation puts them together', async () => {
    const events = given.map(toEvent);
    const body = JSON.stringify(events);
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    expect((await lab.post({ headers, body })).status).toBe(202);
    expect((await lab.take('all')).map((one) => bodyOf(one).toString())).toEqual(
      events.map((event) => JSON.stringify(event)),
    );
  });
});

describe('the SDK for Python', () => {
  let python: string;
  beforeAll(() => {
    python = findEventsPython();
  });

  test('sends in every mode what is stored as it was sent', async () => {
    const sent = await sendWithPython(python, lab.url(), given);
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 202));
    const stored = await lab.take('all');
    const of = (mode: Sent['mode']): Buffer[] =>
      sent.filter((one) => one.mode === mode).map(({ body }) => body);
    const structured = of('structured');
    expect(stored.map(bodyOf)).toEqual([...of('binary'), ...structured, ...structured]);
    for (const [n, { event }] of stored.entries()) {
      const [attributes = {}] = given[n % given.length] ?? [];
      expect(asText(attributesOf(event))).toMatchObject(asText(attributes));
    }
  });
});
