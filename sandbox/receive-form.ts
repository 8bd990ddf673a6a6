// Owns: which parts of an upload form matter (`path`, `mode`, `file`) and where their bytes go: values into memory under a
// limit, the file into the spool. Does not own: the grammar (multipart.ts).
import type { IncomingMessage } from 'node:http';
import type { PartHeader } from './multipart.ts';
import { MultipartParser } from './multipart.ts';
import { bodyChunks } from './request-body.ts';
import type { Spool } from './spool.ts';

export interface UploadForm {
  readonly path: string | undefined;
  readonly mode: string | undefined;
  readonly hasFile: boolean;
}

/** A path is at most 4 KiB on Linux; a value beyond this is no value. */
const MAX_VALUE_BYTES = 64 * 1024;
const VALUE_NAMES = new Set(['path', 'mode']);

/** Sorts parts as they come. The first part of a name wins, as Go's PostForm and FormFile have it. */
class FormSink {
  readonly values = new Map<string, Buffer>();
  hasFile = false;
  private current: { kind: 'value'; name: string } | { kind: 'file' } | undefined;
  private readonly spool: Spool;

  constructor(spool: Spool) {
    this.spool = spool;
  }

  begin(header: PartHeader): void {
    this.current = undefined;
    if (header.isFile) {
      if (header.name !== 'file' || this.hasFile) return;
      this.hasFile = true;
      this.current = { kind: 'file' };
    } else if (VALUE_NAMES.has(header.name) && !this.values.has(header.name)) {
      this.values.set(header.name, Buffer.alloc(0));
      this.current = { kind: 'value', name: header.name };
    }
  }

  data(bytes: Buffer): void {
    if (this.current === undefined) return;
    if (this.current.kind === 'file') return this.spool.write(bytes);
    const before = this.values.get(this.current.name) ?? Buffer.alloc(0);
    if (before.length + bytes.length <= MAX_VALUE_BYTES) {
      this.values.set(this.current.name, Buffer.concat([before, bytes]));
    } else {
      this.values.set(this.current.name, Buffer.alloc(0));
      this.current = undefined;
    }
  }
}

/** Reads the whole form; undefined if it is broken or ends too early. Throws BodyTooLarge or the socket's error. */
export async function receiveForm(
  request: IncomingMessage,
  boundary: string,
  spool: Spool,
): Promise<UploadForm | undefined> {
  const sink = new FormSink(spool);
  const parser = new MultipartParser(boundary, sink);
  for await (const chunk of bodyChunks(request)) parser.push(chunk);
  if (!parser.isComplete) return undefined;
  return {
    path: sink.values.get('path')?.toString(),
    mode: sink.values.get('mode')?.toString(),
    hasFile: sink.hasFile,
  };
}
