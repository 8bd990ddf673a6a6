// The types of CESQL and the casts between them (CESQL 1.0, sections 3.1 and 3.7). Does not own who casts what.
import type { Value } from './node.ts';
import { quoted } from './problem.ts';

export type Type = 'boolean' | 'integer' | 'string';

/** `any`: known only when an event is there; an attribute may have each of the types. */
export type StaticType = Type | 'any';

export const zeroOf = { boolean: false, integer: 0, string: '' } as const satisfies Record<Type, Value>;

export function typeOf(value: Value): Type {
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'integer' : 'boolean';
}

export const largest = 2_147_483_647;
const zero = 48;
const nine = 57;

export const isInteger = (value: number): boolean => (value | 0) === value;

/** The number that the digits from an offset on make, exact as long as it may matter. */
function magnitudeOf(text: string, from: number): number | undefined {
  if (from === text.length) return undefined;
  let total = 0;
  for (let i = from; i < text.length; i += 1) {
    const digit = text.charCodeAt(i);
    if (digit < zero || digit > nine || total > largest) return undefined;
    total = total * 10 + (digit - zero);
  }
  return total;
}

/** A decimal integer of 32 bits with or without a sign, or undefined when the text is none. */
export function integerOf(text: string): number | undefined {
  const sign = text.charCodeAt(0);
  const negative = sign === 45;
  const magnitude = magnitudeOf(text, negative || sign === 43 ? 1 : 0);
  if (magnitude === undefined || magnitude > largest + (negative ? 1 : 0)) return undefined;
  return negative ? 0 - magnitude : magnitude;
}

/** `true` or `false` in any case, or undefined when the text is neither. */
export function booleanOf(text: string): boolean | undefined {
  if (text.length !== 4 && text.length !== 5) return undefined;
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** The value as another type; undefined when it has no such form. */
export function castTo(type: Type, value: Value): Value | undefined {
  if (type === 'string') return typeof value === 'string' ? value : String(value);
  if (type === 'integer') return typeof value === 'string' ? integerOf(value) : Number(value);
  return typeof value === 'string' ? booleanOf(value) : value !== 0 && value !== false;
}

/** Why a value has no form as a type. */
export const noCast = (type: Type, value: Value): string =>
  `${quoted(String(value))} is ${type === 'integer' ? 'no integer of 32 bits' : 'neither true nor false'}`;
