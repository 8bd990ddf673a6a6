// Owns: the grammar of multipart/form-data, piece by piece: bytes go in, parts come out, nothing is held but an unfinished
// line and a boundary's length. Pure. Does not own: what is done with a part (receive-form.ts).

export interface PartHeader {
  readonly name: string;
  /** A part with a file name is a file, whatever it is called; one without is a value. */
  readonly isFile: boolean;
}
export interface PartSink {
  begin: (header: PartHeader) => void;
  data: (bytes: Buffer) => void;
}

const MAX_HEADER_BYTES = 16 * 1024;
const CRLF = '\r\n';

function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(header);
  return match === null ? undefined : (match[1]?.replace(/\\(.)/g, '$1') ?? match[2]);
}

/** The boundary a Content-Type declares; undefined when it declares none that RFC 2046 allows. */
export function boundaryOf(contentType: string): string | undefined {
  const boundary = parameter(contentType, 'boundary');
  return boundary !== undefined && boundary.length >= 1 && boundary.length <= 70 ? boundary : undefined;
}

function parseHeader(lines: string): PartHeader {
  const disposition = /^content-disposition:(.*)$/im.exec(lines)?.[1] ?? '';
  return { name: parameter(disposition, 'name') ?? '', isFile: /;\s*filename\*?=/i.test(disposition) };
}

type State = 'preamble' | 'after-boundary' | 'header' | 'data' | 'end' | 'broken';

/** Feed it the body with `push`; when that is over, `isComplete` says whether the closing boundary came. */
export class MultipartParser {
  private state: State = 'preamble';
  private rest: Buffer;
  private readonly delimiter: Buffer;
  private readonly sink: PartSink;

  constructor(boundary: string, sink: PartSink) {
    this.delimiter = Buffer.from(`${CRLF}--${boundary}`);
    // The first boundary may open the body; with this in front it is found like the others.
    this.rest = Buffer.from(CRLF);
    this.sink = sink;
  }

  get isComplete(): boolean {
    return this.state === 'end';
  }

  push(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let again = true;
    while (again) again = this.step();
  }

  /** One move; false when more bytes are needed or nothing more matters. */
  private step(): boolean {
    switch (this.state) {
      case 'preamble':
      case 'data':
        return this.upToDelimiter();
      case 'after-boundary':
        return this.afterBoundary();
      case 'header':
        return this.header();
      case 'end':
      case 'broken':
        this.rest = Buffer.alloc(0);
        return false;
    }
  }

  private give(bytes: Buffer): void {
    if (this.state === 'data' && bytes.length > 0) this.sink.data(bytes);
  }

  /** Where the next boundary is; -1 if none is in sight. A longer word that begins like it is data. */
  private findDelimiter(): number {
    for (let from = 0; ; from += 1) {
      from = this.rest.indexOf(this.delimiter, from);
      if (from === -1) return -1;
      const behind = this.rest.toString(
        'latin1',
        from + this.delimiter.length,
        from + this.delimiter.length + 2,
      );
      if (behind.length < 2 || behind === '--' || /^[ \t\r\n]/.test(behind)) return from;
    }
  }

  private upToDelimiter(): boolean {
    const at = this.findDelimiter();
    const end = at + this.delimiter.length;
    // The last bytes may be the beginning of a boundary, or of what shows that it is none.
    const isDecided = at !== -1 && this.rest.length >= end + 2;
    const sure = at === -1 ? Math.max(0, this.rest.length - this.delimiter.length + 1) : at;
    this.give(this.rest.subarray(0, sure));
    this.rest = this.rest.subarray(isDecided ? end : sure);
    if (isDecided) this.state = 'after-boundary';
    return isDecided;
  }

  private afterBoundary(): boolean {
    if (this.rest.length < 2) return false;
    if (this.rest.toString('latin1', 0, 2) === '--') {
      this.state = 'end';
      return true;
    }
    const lineEnd = this.rest.indexOf(CRLF);
    if (lineEnd === -1) return this.tooLong();
    const isBlank = this.rest.toString('latin1', 0, lineEnd).trim() === '';
    // The CRLF stays: a part without headers is then found by the same blank line.
    this.rest = this.rest.subarray(lineEnd);
    this.state = isBlank ? 'header' : 'broken';
    return true;
  }

  private header(): boolean {
    const end = this.rest.indexOf(CRLF + CRLF);
    if (end === -1) return this.tooLong();
    this.sink.begin(parseHeader(this.rest.toString('utf8', 0, end)));
    this.rest = this.rest.subarray(end + 4);
    this.state = 'data';
    return true;
  }

  private tooLong(): boolean {
    if (this.rest.length <= MAX_HEADER_BYTES) return false;
    this.state = 'broken';
    return true;
  }
}
