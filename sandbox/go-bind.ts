// Owns: turning a JSON body into a request struct as Gin's ShouldBindJSON does, with its texts: decoding errors of Go's
// encoding/json, then the validator's. Field names match without regard to case, unknown fields are ignored, the last wins. Pure.
// Does not own: what a field means.
import { firstValue } from './go-json.ts';

type Kind = 'string' | 'string[]' | 'map[string]string';

interface Field {
  readonly kind: Kind;
  readonly required?: boolean;
}
export interface Shape {
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
}

interface Values {
  string: string;
  'string[]': string[];
  'map[string]string': Record<string, string>;
}
/** Absent and null fields are undefined; Go would have the zero value. */
export type Bound<S extends Shape> = { [F in keyof S['fields']]: Values[S['fields'][F]['kind']] | undefined };
export type Binding<S extends Shape> = { ok: true; value: Bound<S> } | { ok: false; error: string };

const goKind = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
};

/** The first value in it that does not fit, with the Go type it should have had. */
function misfit(kind: Kind, value: unknown): { found: unknown; wanted: string } | undefined {
  if (kind === 'string') return typeof value === 'string' ? undefined : { found: value, wanted: 'string' };
  const isRight = kind === 'string[]' ? Array.isArray(value) : goKind(value) === 'object';
  if (!isRight) return { found: value, wanted: kind === 'string[]' ? '[]string' : kind };
  const parts: unknown[] = Object.values(value as object);
  const index = parts.findIndex((part) => part !== null && typeof part !== 'string');
  return index === -1 ? undefined : { found: parts[index], wanted: 'string' };
}

/** JSON null inside a list or map is Go's empty string. */
function fill(kind: Kind, value: unknown): unknown {
  if (kind === 'string') return value;
  if (kind === 'string[]') return (value as (string | null)[]).map((part) => part ?? '');
  const entries = Object.entries(value as Record<string, string | null>);
  return Object.fromEntries(entries.map(([key, part]) => [key, part ?? '']));
}

function decode(body: Buffer): { ok: true; value: unknown } | { ok: false; error: string } {
  try {
    return { ok: true, value: JSON.parse(body.toString()) as unknown };
  } catch {
    const first = firstValue(body.toString('latin1'));
    return first.ok ? { ok: true, value: JSON.parse(body.toString('utf8', 0, first.end)) as unknown } : first;
  }
}

const goName = (field: string): string =>
  field
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

/** go-playground/validator's text for a `required` field, as Gin shows it. */
const missing = (shape: Shape, field: string): string =>
  `Key: '${shape.name}.${goName(field)}' Error:Field validation for '${goName(field)}' failed on the 'required' tag`;

function assign(shape: Shape, source: object, target: Record<string, unknown>): string | undefined {
  for (const [key, value] of Object.entries(source) as [string, unknown][]) {
    const name = Object.hasOwn(shape.fields, key) ? key : key.toLowerCase();
    const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    if (field === undefined || value === null) continue;
    const wrong = misfit(field.kind, value);
    if (wrong !== undefined) {
      const place = `Go struct field ${shape.name}.${name} of type ${wrong.wanted}`;
      return `json: cannot unmarshal ${goKind(wrong.found)} into ${place}`;
    }
    target[name] = fill(field.kind, value);
  }
  return undefined;
}

/** Decodes the first JSON value of `body` into `shape`, or gives the text PicoD would answer 400 with. */
export function bindJson<S extends Shape>(shape: S, body: Buffer): Binding<S> {
  const decoded = decode(body);
  if (!decoded.ok) return decoded;
  const target: Record<string, unknown> = {};
  if (decoded.value !== null) {
    const kind = goKind(decoded.value);
    if (kind !== 'object') {
      return { ok: false, error: `json: cannot unmarshal ${kind} into Go value of type picod.${shape.name}` };
    }
    const error = assign(shape, decoded.value as object, target);
    if (error !== undefined) return { ok: false, error };
  }
  const absent = Object.keys(shape.fields).filter(
    (name) => shape.fields[name]?.required === true && (target[name] === undefined || target[name] === ''),
  );
  if (absent.length > 0) return { ok: false, error: absent.map((name) => missing(shape, name)).join('\n') };
  return { ok: true, value: target as Bound<S> };
}
