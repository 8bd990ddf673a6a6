// Owns: what a Range header asks of a file of known size, read as Go's http.ServeContent reads it. Pure.
// Does not own: whether the header counts (conditions.ts), or the bytes.

export interface ByteRange {
  readonly start: number;
  readonly length: number;
}
export type Ranges =
  { kind: 'whole' } | { kind: 'parts'; parts: ByteRange[] } | { kind: 'invalid'; overlap: boolean };

type Parsed = ByteRange | 'beyond' | 'invalid';

function parseOne(spec: string, size: number): Parsed {
  const match = /^(\d*)\s*-\s*(\d*)$/.exec(spec);
  if (match === null) return 'invalid';
  const [, from = '', to = ''] = match;
  if (from === '') {
    if (to === '') return 'invalid';
    const length = Math.min(Number(to), size);
    return { start: size - length, length };
  }
  const start = Number(from);
  if (start >= size) return 'beyond';
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end ? 'invalid' : { start, length: end - start + 1 };
}

/**
 * @param header the Range header; undefined or '' asks for the whole file.
 * @returns `invalid` means 416; `overlap: false` that ranges were well-formed and all beyond the end.
 */
export function parseRange(header: string | undefined, size: number): Ranges {
  if (header === undefined || header === '') return { kind: 'whole' };
  if (!header.startsWith('bytes=')) return { kind: 'invalid', overlap: true };
  const specs = header
    .slice('bytes='.length)
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '');
  const parsed = specs.map((spec) => parseOne(spec, size));
  if (parsed.includes('invalid')) return { kind: 'invalid', overlap: true };
  const parts = parsed.filter((part): part is ByteRange => typeof part === 'object');
  // Some clients put a Range on everything: an empty file is then simply an empty file.
  if (parts.length === 0)
    return parsed.length > 0 && size > 0 ? { kind: 'invalid', overlap: false } : { kind: 'whole' };
  // Ranges that repeat bytes until they are more than the file are an attack or a mistake.
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  return total > size ? { kind: 'whole' } : { kind: 'parts', parts };
}
