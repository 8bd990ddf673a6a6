// Events that are valid, and what their attributes are: from the CloudEvents specification 1.0.2, its HTTP binding and its JSON
// format, and what senders in the field write.
import {
  asHeaders,
  batchType,
  binary,
  json,
  least,
  member,
  structuredType,
  type Message,
} from './event-messages.ts';

export interface ValidEvent extends Message {
  readonly what: string;
  /** All of its attributes. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

const allOptional = {
  datacontenttype: 'application/json; charset=utf-8',
  dataschema: 'https://example.com/schemas/some-event.json#v2',
  subject: 'issue/1',
  time: '2018-04-05T17:31:00.123456789+02:00',
};

const spaced = `\r\n\t { "data" : {"b": 1.0,  "a": [ 1e2 , "\\u00e9" ]}, "specversion":"1.0",\n"type":"com.example.someevent" ,"source":"/mycontext","id":"A234-1234-1234"  } \n`;

export const validEvents: readonly ValidEvent[] = [
  { what: 'binary, the least', ...binary({}), attributes: least },
  {
    what: 'binary, with a byte of each value as data',
    ...binary({}, Buffer.from(Array.from({ length: 256 }, (_, n) => n)), {
      'content-type': 'application/octet-stream',
    }),
    attributes: { ...least, datacontenttype: 'application/octet-stream' },
  },
  {
    what: 'binary, data that says it is JSON and is none',
    ...binary({}, '{"broken', { 'content-type': 'application/json' }),
    attributes: { ...least, datacontenttype: 'application/json' },
  },
  {
    what: 'binary, every attribute there is, extensions and trace context',
    ...binary(
      {
        dataschema: allOptional.dataschema,
        subject: allOptional.subject,
        time: allOptional.time,
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        comexampleextension1: 'value',
        sequence: '5',
        empty: '',
      },
      '{ "a":1 }',
      {
        'content-type': allOptional.datacontenttype,
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
      },
    ),
    attributes: {
      ...least,
      ...allOptional,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      comexampleextension1: 'value',
      sequence: '5',
      empty: '',
    },
  },
  {
    what: 'binary, escapes as the binding wants them',
    ...binary({ subject: 'Euro%20%E2%82%AC%20%F0%9F%98%80%25', id: '%41%e2%82%ac' }),
    attributes: { ...least, subject: 'Euro € 😀%', id: 'A€' },
  },
  {
    what: 'binary, quotation marks of older versions',
    ...binary({ subject: '"a \\"quoted\\" b\\\\c"', id: 'has "marks" inside' }),
    attributes: { ...least, subject: 'a "quoted" b\\c', id: 'has "marks" inside' },
  },
  {
    what: 'binary, UTF-8 that was not escaped',
    ...binary({ subject: Buffer.from('Grüße €').toString('latin1') }),
    attributes: { ...least, subject: 'Grüße €' },
  },
  {
    what: 'binary, a percent sign that begins no escape',
    ...binary({ subject: '100% sure' }),
    attributes: { ...least, subject: '100% sure' },
  },
  {
    what: 'binary, a URI whose own escapes were not escaped',
    ...binary({ source: 'https://example.com/a%20b', dataschema: 'https://example.com/%C0%A0' }),
    attributes: { ...least, source: 'https://example.com/a%20b', dataschema: 'https://example.com/%C0%A0' },
  },
  {
    what: 'binary, a URI whose escapes were escaped',
    ...binary({ source: 'https://example.com/a%2520b' }),
    attributes: { ...least, source: 'https://example.com/a%20b' },
  },
  {
    what: 'binary, sources of all kinds',
    ...binary({ source: 'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66' }),
    attributes: { ...least, source: 'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66' },
  },
  {
    what: 'binary, a source that is an address of mail',
    ...binary({ source: 'mailto:cncf-wg-serverless@lists.cncf.io' }),
    attributes: { ...least, source: 'mailto:cncf-wg-serverless@lists.cncf.io' },
  },
  { what: 'structured, the least', ...json(member({})), attributes: least },
  {
    what: 'structured, with the space, order and numbers that its sender likes',
    ...json(spaced),
    attributes: least,
  },
  {
    what: 'structured, every attribute there is and extensions of each type',
    ...json(
      member({
        ...allOptional,
        flag: true,
        other: false,
        count: -2_147_483_648,
        most: 2_147_483_647,
        data: null,
      }),
      'application/cloudevents+json; charset=UTF-8',
    ),
    attributes: {
      ...least,
      ...allOptional,
      flag: true,
      other: false,
      count: -2_147_483_648,
      most: 2_147_483_647,
    },
  },
  {
    what: 'structured, null for what is not there',
    ...json(member({ subject: null, time: null, unsetextension: null, data_base64: null })),
    attributes: least,
  },
  {
    what: 'structured, binary data',
    ...json(member({ datacontenttype: 'application/vnd.apache.thrift.binary', data_base64: '/+8AAQ==' })),
    attributes: { ...least, datacontenttype: 'application/vnd.apache.thrift.binary' },
  },
  {
    what: 'structured, data that is a text, and text of all planes',
    ...json(member({ data: "I'm just a string", subject: 'Grüße €😀' })),
    attributes: { ...least, subject: 'Grüße €😀' },
  },
  {
    what: 'structured, data that is a number, deep in objects and full of brackets in texts',
    ...json(member({ data: { a: [{ b: ']}"\\' }, [[[[0.1]]]]] } })),
    attributes: least,
  },
  {
    what: 'structured, the same attributes in headers too',
    ...json(member({}), structuredType),
    headers: { 'content-type': structuredType, ...asHeaders({ id: 'another', subject: 'another' }) },
    attributes: least,
  },
];

/** A batch of all structured ones, as a sender might write it, and what each of its events is to be. */
export function validBatch(): Message & { readonly bodies: readonly string[] } {
  const bodies = validEvents
    .filter(({ headers }) => headers['content-type']?.startsWith(structuredType) === true)
    .map(({ body }) => body.toString().trim());
  return { ...json(` [ ${bodies.join(' ,\n')}\t]\r\n`, batchType), bodies };
}
