// Messages with events in them, as a test writes them: binary, or of any JSON. Whether they are valid is the test's.

export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const least = {
  specversion: '1.0',
  id: 'A234-1234-1234',
  source: '/mycontext',
  type: 'com.example.someevent',
};

export const asHeaders = (attributes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));

export const bytes = (...values: number[]): Buffer => Buffer.from(values);

/** In headers as they stand: whoever wants escapes writes them. */
export const binary = (
  attributes: Readonly<Record<string, string>>,
  body: Buffer | string = '',
  other: Readonly<Record<string, string>> = {},
): Message => ({ headers: { ...asHeaders({ ...least, ...attributes }), ...other }, body: Buffer.from(body) });

export const without = (name: string): Message => {
  const { [`ce-${name}`]: _, ...headers } = binary({}).headers;
  return { headers, body: Buffer.from('{}') };
};

export const structuredType = 'application/cloudevents+json';
export const batchType = 'application/cloudevents-batch+json';

export const json = (body: string | Buffer, contentType = structuredType): Message => ({
  headers: { 'content-type': contentType },
  body: Buffer.from(body),
});

export const member = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...least, ...fields });
