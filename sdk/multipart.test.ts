import { expect, test } from '@jest/globals';
import { contentOf, formOf } from './multipart.ts';
import type { Body } from './transport/exchange.ts';

async function textOf(body: Body): Promise<{ text: string; length: number | undefined }> {
  if (body.kind === 'bytes')
    return { text: Buffer.from(body.bytes).toString(), length: body.bytes.byteLength };
  const pieces: Uint8Array[] = [];
  for await (const piece of body.source) pieces.push(piece);
  return { text: Buffer.concat(pieces).toString(), length: body.length };
}

const whole = (content: string): string =>
  [
    ...['--B', 'Content-Disposition: form-data; name="path"', '', 'a/b', '--B'],
    ...[
      'Content-Disposition: form-data; name="file"; filename="b"',
      'Content-Type: application/octet-stream',
      '',
    ],
    ...[content, '--B--', ''],
  ].join('\r\n');

async function* two(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('h\u00e4');
  yield Buffer.from('llo');
}

test.each([
  ['text', 'h\u00e4llo', true],
  ['bytes', Buffer.from('h\u00e4llo'), true],
  ['a Blob', new Blob(['h\u00e4llo']), true],
  ['a stream', new Blob(['h\u00e4llo']).stream(), false],
  ['pieces', two(), false],
])('%s becomes the same form, its length told where it is known', async (_, content, known) => {
  const { body, headers } = formOf({ path: 'a/b' }, contentOf(content), 'b', 'B');
  const { text, length } = await textOf(body);
  expect(headers).toEqual({ 'content-type': 'multipart/form-data; boundary=B' });
  expect(text).toBe(whole('h\u00e4llo'));
  expect(length).toBe(known ? Buffer.byteLength(text) : undefined);
});

test('a name cannot end its quotes', async () => {
  const { body } = formOf({}, contentOf(''), 'a"\r\nb', 'B');
  expect((await textOf(body)).text).toContain('filename="a%22%0D%0Ab"');
});
