// What is sent to an agent or in an event, as people give it: JSON as an argument, `@FILE`, `-` for standard input.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { misused } from './failure.ts';
import type { Io } from './io.ts';

export interface Payload {
  readonly body: Buffer;
  readonly type: string;
}

const isJson = (body: Buffer): boolean => {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
};

const typeOf = (body: Buffer, file: string): string => {
  if (file.endsWith('.json') || isJson(body)) return 'application/json';
  return file.endsWith('.txt') || file.endsWith('.md') ? 'text/plain' : 'application/octet-stream';
};

function fileOf(io: Io, name: string): Payload {
  try {
    const body = readFileSync(path.resolve(io.cwd, name));
    return { body, type: typeOf(body, name) };
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    throw misused(
      `${name}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code ?? ''})`}`,
    );
  }
}

/** Throws for a word that is no JSON, unless `text` says that it is meant as it is. */
export async function payloadOf(io: Io, word: string, text: boolean): Promise<Payload> {
  if (word === '-') {
    const body = await buffer(io.stdin);
    return { body, type: text ? 'text/plain' : typeOf(body, '') };
  }
  if (word.startsWith('@')) return fileOf(io, word.slice(1));
  const body = Buffer.from(word);
  if (text) return { body, type: 'text/plain' };
  if (!isJson(body))
    throw misused(
      'the payload is no JSON',
      `such as '{"prompt": "hello"}'; @FILE, - for standard input, or --text`,
    );
  return { body, type: 'application/json' };
}

/** `Name: value`, as often as it is given; names in lower case. */
export function headersIn(lines: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):\s*([^\r\n]*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw misused(`--header ${JSON.stringify(line)}: not 'Name: value'`);
      return [name.toLowerCase(), value.trim()];
    }),
  );
}
