// Messages that are no valid events, and why: each rule of the CloudEvents specification 1.0.2, its HTTP binding and its JSON format
// that a message can break.
import { batchType, binary, bytes, json, member, without, type Message } from './event-messages.ts';

export interface InvalidEvent extends Message {
  readonly what: string;
  readonly attribute: string;
  readonly rule: RegExp;
  readonly event?: number;
}

const invalidBinary: readonly InvalidEvent[] = [
  ...(['id', 'source', 'type', 'specversion'] as const).flatMap((name) => [
    { what: `binary without ${name}`, ...without(name), attribute: name, rule: /is required/ },
    { what: `binary, ${name} is empty`, ...binary({ [name]: '' }), attribute: name, rule: /is empty/ },
  ]),
  {
    what: 'binary of version 0.3',
    ...binary({ specversion: '0.3' }),
    attribute: 'specversion',
    rule: /not 1\.0/,
  },
  {
    what: 'binary, a version of a patch',
    ...binary({ specversion: '1.0.2' }),
    attribute: 'specversion',
    rule: /not 1\.0/,
  },
  {
    what: 'binary, a source with a space',
    ...binary({ source: 'a b' }),
    attribute: 'source',
    rule: /URI reference/,
  },
  {
    what: 'binary, a source with a bracket',
    ...binary({ source: 'http://[::' }),
    attribute: 'source',
    rule: /URI reference/,
  },
  {
    what: 'binary, a schema that is relative',
    ...binary({ dataschema: '/a' }),
    attribute: 'dataschema',
    rule: /absolute URI/,
  },
  {
    what: 'binary, a time without zone',
    ...binary({ time: '2018-04-05T17:31:00' }),
    attribute: 'time',
    rule: /RFC 3339/,
  },
  {
    what: 'binary, a day that is none',
    ...binary({ time: '2023-02-29T17:31:00Z' }),
    attribute: 'time',
    rule: /RFC 3339/,
  },
  { what: 'binary, a time in words', ...binary({ time: 'yesterday' }), attribute: 'time', rule: /RFC 3339/ },
  { what: 'binary, an empty subject', ...binary({ subject: '' }), attribute: 'subject', rule: /is empty/ },
  {
    what: 'binary, a name with a hyphen',
    ...binary({ 'my-ext': '1' }),
    attribute: 'my-ext',
    rule: /lower case letters and digits/,
  },
  {
    what: 'binary, a name with an underscore',
    ...binary({ my_ext: '1' }),
    attribute: 'my_ext',
    rule: /lower case letters and digits/,
  },
  {
    what: 'binary, a name that every object has',
    ...binary({ ['__proto__']: '1' }),
    attribute: '__proto__',
    rule: /lower case letters and digits/,
  },
  {
    what: 'binary, an attribute called data',
    ...binary({ data: '1' }),
    attribute: 'data',
    rule: /lower case letters and digits/,
  },
  {
    what: 'binary, a type of content beside Content-Type',
    ...binary({ datacontenttype: 'text/plain' }),
    attribute: 'datacontenttype',
    rule: /Content-Type/,
  },
  {
    what: 'binary, a Content-Type that is none',
    ...binary({}, '', { 'content-type': 'json' }),
    attribute: 'datacontenttype',
    rule: /media type/,
  },
  {
    what: 'binary, an overlong escape',
    ...binary({ subject: '%C0%A0' }),
    attribute: 'subject',
    rule: /UTF-8/,
  },
  { what: 'binary, Latin-1', ...binary({ subject: 'Gr\u00fc\u00dfe' }), attribute: 'subject', rule: /UTF-8/ },
  {
    what: 'binary, an escaped control character',
    ...binary({ subject: 'a%00b' }),
    attribute: 'subject',
    rule: /character/,
  },
  {
    what: 'binary, an escaped noncharacter',
    ...binary({ subject: '%EF%BF%BF' }),
    attribute: 'subject',
    rule: /character/,
  },
];

const invalidStructured: readonly InvalidEvent[] = [
  ...(['id', 'source', 'type', 'specversion'] as const).flatMap((name) => [
    {
      what: `structured without ${name}`,
      ...json(member({ [name]: undefined })),
      attribute: name,
      rule: /is required/,
    },
    {
      what: `structured, ${name} is null`,
      ...json(member({ [name]: null })),
      attribute: name,
      rule: /is required/,
    },
    {
      what: `structured, ${name} is empty`,
      ...json(member({ [name]: '' })),
      attribute: name,
      rule: /is empty/,
    },
    {
      what: `structured, ${name} is a number`,
      ...json(member({ [name]: 1 })),
      attribute: name,
      rule: /is not a string/,
    },
  ]),
  {
    what: 'structured, an extension that is an object',
    ...json(member({ ext: {} })),
    attribute: 'ext',
    rule: /neither a string/,
  },
  {
    what: 'structured, an extension that is a list',
    ...json(member({ ext: [1] })),
    attribute: 'ext',
    rule: /neither a string/,
  },
  { what: 'structured, a fraction', ...json(member({ ext: 1.5 })), attribute: 'ext', rule: /32 bits/ },
  {
    what: 'structured, an integer too large',
    ...json(member({ ext: 2_147_483_648 })),
    attribute: 'ext',
    rule: /32 bits/,
  },
  {
    what: 'structured, a name in capitals',
    ...json(member({ Ext: 'a' })),
    attribute: 'Ext',
    rule: /lower case letters and digits/,
  },
  {
    what: 'structured, a name that is empty',
    ...json(member({ '': 'a' })),
    attribute: '',
    rule: /lower case letters and digits/,
  },
  {
    what: 'structured, a name that every object has',
    ...json('{"__proto__":"a",' + member({}).slice(1)),
    attribute: '__proto__',
    rule: /lower case letters and digits/,
  },
  {
    what: 'structured, data twice',
    ...json(member({ data: 1, data_base64: 'AA==' })),
    attribute: 'data_base64',
    rule: /beside data/,
  },
  {
    what: 'structured, Base64 that is none',
    ...json(member({ data_base64: 'a-_b' })),
    attribute: 'data_base64',
    rule: /no Base64/,
  },
  {
    what: 'structured, Base64 of the wrong length',
    ...json(member({ data_base64: 'AAA' })),
    attribute: 'data_base64',
    rule: /no Base64/,
  },
  {
    what: 'structured, half a surrogate',
    ...json(member({ subject: '\ud800' })),
    attribute: 'subject',
    rule: /character/,
  },
  {
    what: 'structured, a control character',
    ...json(member({ ext: 'a\u0085' })),
    attribute: 'ext',
    rule: /character/,
  },
  {
    what: 'structured, a media type that is none',
    ...json(member({ datacontenttype: 'json' })),
    attribute: 'datacontenttype',
    rule: /media type/,
  },
  { what: 'structured, a list', ...json(`[${member({})}]`), attribute: 'the body', rule: /no JSON object/ },
  { what: 'structured, null', ...json('null'), attribute: 'the body', rule: /no JSON object/ },
  { what: 'structured, nothing', ...json(''), attribute: 'the body', rule: /no JSON/ },
  {
    what: 'structured, half of it',
    ...json(member({}).slice(0, -1)),
    attribute: 'the body',
    rule: /no JSON/,
  },
  {
    what: 'structured, something after it',
    ...json(`${member({})}{}`),
    attribute: 'the body',
    rule: /no JSON/,
  },
  {
    what: 'structured, not UTF-8',
    ...json(Buffer.concat([Buffer.from('{"a":"'), bytes(0xc0, 0xa0), Buffer.from('"}')])),
    attribute: 'the body',
    rule: /not UTF-8/,
  },
];

const invalidBatches: readonly InvalidEvent[] = [
  {
    what: 'a batch that is an object',
    ...json(member({}), batchType),
    attribute: 'the body',
    rule: /no JSON array/,
  },
  {
    what: 'a batch with a comma too many',
    ...json(`[${member({})},]`, batchType),
    attribute: 'the body',
    rule: /no JSON/,
  },
  {
    what: 'a batch whose second event has no id',
    ...json(`[${member({})},${member({ id: null })}]`, batchType),
    attribute: 'id',
    rule: /is required/,
    event: 1,
  },
  {
    what: 'a batch with something that is no event',
    ...json(`[${member({})},"event"]`, batchType),
    attribute: 'the body',
    rule: /no JSON object/,
    event: 1,
  },
];

export const invalidEvents: readonly InvalidEvent[] = [
  {
    what: 'no event at all',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    attribute: 'the request',
    rule: /is no event/,
  },
  ...invalidBinary,
  ...invalidStructured,
  ...invalidBatches,
];
