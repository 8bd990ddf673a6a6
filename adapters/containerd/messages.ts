// The few protobuf messages of containerd's task service that are needed, by hand: two fields written, one read.
//
//   PauseTaskRequest, ResumeTaskRequest  { string container_id = 1 }
//   GetRequest                           { string container_id = 1 }
//   GetResponse                          { Process process = 1 }, Process { … Status status = 4 … }

/** Values of containerd.v1.types.Status. */
export const taskStatus = { created: 1, running: 2, stopped: 3, paused: 4, pausing: 5 } as const;

const lengthDelimited = 2;
const varint = 0;

function encodeVarint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return [...bytes, left];
}

/** A message with the container's id in its first field. */
export function encodeContainerId(id: string): Buffer {
  const text = Buffer.from(id, 'utf8');
  return Buffer.concat([Buffer.from([(1 << 3) | lengthDelimited, ...encodeVarint(text.length)]), text]);
}

interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  *fields(): Generator<Field> {
    while (this.#at < this.#bytes.length) {
      const tag = this.#varint();
      const number = Math.floor(tag / 8);
      yield { number, value: this.#value(tag % 8) };
    }
  }

  #value(type: number): number | Buffer {
    if (type === varint) return this.#varint();
    const lengths: Readonly<Record<number, () => number>> = {
      1: () => 8,
      [lengthDelimited]: () => this.#varint(),
      5: () => 4,
    };
    const length = lengths[type]?.();
    if (length === undefined || this.#at + length > this.#bytes.length)
      throw new Error('not a protobuf message');
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Error('not a protobuf message');
      this.#at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
}

const find = (bytes: Buffer, number: number): number | Buffer | undefined =>
  [...new Reader(bytes).fields()].find((field) => field.number === number)?.value;

/** The status in a GetResponse; 0 when it is not told. Throws when it is no message. */
export function decodeStatus(response: Buffer): number {
  const process = find(response, 1);
  const status = Buffer.isBuffer(process) ? find(process, 4) : undefined;
  return typeof status === 'number' ? status : 0;
}
