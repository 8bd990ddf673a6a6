// Owns: a form with one file, as bytes to send (RFC 7578), without holding the file. Does not own: sending.
import type { Body } from './transport/exchange.ts';
import { joinBytes, pieces } from './transport/read.ts';

/** What a file can be made of. */
export type FileContent = string | Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What would end a quoted parameter is escaped, as browsers do. */
const quoted = (text: string): string =>
  text.replace(/["\r\n]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

const field = (boundary: string, name: string, value: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

export interface Form {
  readonly body: Body;
  readonly headers: Record<string, string>;
}

/** Bytes where they are at hand, else a source of them and its length where it is known. */
type Content =
  Uint8Array | { readonly source: AsyncIterable<Uint8Array>; readonly length: number | undefined };

export function contentOf(content: FileContent, length?: number): Content {
  if (typeof content === 'string') return encode(content);
  if (content instanceof Uint8Array) return content;
  if (content instanceof Blob) return { source: pieces(content.stream()), length: content.size };
  return { source: content instanceof ReadableStream ? pieces(content) : content, length };
}

async function* around(
  before: Uint8Array,
  source: AsyncIterable<Uint8Array>,
  after: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield before;
  yield* source;
  yield after;
}

/** The form, its fields before its file. @param boundary must not occur in the content; a random one does not. */
export function formOf(
  fields: Readonly<Record<string, string>>,
  content: Content,
  fileName: string,
  boundary: string,
): Form {
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted(fileName)}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const texts = Object.entries(fields).map(([name, value]) => field(boundary, name, value));
  const before = encode(texts.join('') + file);
  const after = encode(`\r\n--${boundary}--\r\n`);
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  if (content instanceof Uint8Array) {
    return { headers, body: { kind: 'bytes', bytes: joinBytes([before, content, after]) } };
  }
  const { source, length } = content;
  const total = length === undefined ? undefined : before.byteLength + length + after.byteLength;
  return { headers, body: { kind: 'source', source: around(before, source, after), length: total } };
}
