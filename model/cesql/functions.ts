// The functions of CESQL: the built-in ones of CESQL 1.0, section 3.5, and the casts INT, BOOL, STRING, IS_INT, IS_BOOL.
// Does not own calling them (operators.ts): arguments come already cast to the types of the parameters.
// A character is a Unicode code point; a lone surrogate counts as one.
import { nearest } from '../nearest.ts';
import { offsetFromEnd } from './like.ts';
import type { Value } from './node.ts';
import type { ProblemKind } from './problem.ts';
import { castTo, largest, noCast, zeroOf, type StaticType, type Type } from './values.ts';

/** What a function gives back that has something to complain about: a value all the same. */
export interface Flawed {
  readonly value: Value;
  readonly kind: ProblemKind;
  readonly message: string;
}

export interface FunctionDefinition {
  readonly parameters: readonly StaticType[];
  /** The type of any number of further arguments; none are taken when it is absent. */
  readonly further?: Type;
  readonly returns: Type;
  readonly call: (given: readonly Value[]) => Value | Flawed;
}

/** Joining texts is the one way to make a text much longer than the event's own, so it has an end. In UTF-16 units. */
export const longestText = 1_048_576;

const flawed = (value: Value, message: string, kind: ProblemKind = 'functionEvaluation'): Flawed => ({
  value,
  kind,
  message,
});

function ofText(returns: Type, call: (text: string) => Value | Flawed): FunctionDefinition {
  return { parameters: ['string'], returns, call: ([text]) => call(text as string) };
}

/** Where the first `count` characters of a text end; its whole length when it has fewer. */
function offsetFromStart(text: string, count: number, from = 0): number {
  let at = from;
  for (let left = count; left > 0 && at < text.length; left -= 1)
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

function lengthOf(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; count += 1) at = offsetFromStart(text, 1, at);
  return count;
}

const white = /\p{White_Space}/u;

/** Not `trim`, which also takes U+FEFF, no white space to Unicode, and leaves U+0085, which is. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && white.test(text[from] ?? '')) from += 1;
  while (to > from && white.test(text[to - 1] ?? '')) to -= 1;
  return text.slice(from, to);
}

function joined(parts: readonly string[], between: string): Value | Flawed {
  const length = parts.reduce((sum, part) => sum + part.length + between.length, 0);
  if (length > longestText) return flawed('', `the text would be longer than ${longestText}`);
  return parts.join(between);
}

const negative = (value: Value, count: number): Flawed =>
  flawed(value, `${count} characters are less than none`);

const sideOf = (cut: (text: string, count: number) => string): FunctionDefinition => ({
  parameters: ['string', 'integer'],
  returns: 'string',
  call: (given) => {
    const [text, count] = given as [string, number];
    return count < 0 ? negative(text, count) : cut(text, count);
  },
});

const leftOf = (text: string, count: number): string => text.slice(0, offsetFromStart(text, count));
const rightOf = (text: string, count: number): string => text.slice(Math.max(0, offsetFromEnd(text, count)));

/** The offset of the character at a position: 1 is the first, -1 the last; -1 when the text has no such character. */
function offsetAt(text: string, position: number): number {
  if (position < 0) return offsetFromEnd(text, -position);
  const at = offsetFromStart(text, position - 1);
  return at < text.length ? at : -1;
}

function substring(text: string, position: number, count: number): Value | Flawed {
  if (count < 0) return negative('', count);
  if (position === 0) return '';
  const at = offsetAt(text, position);
  if (at < 0) return flawed('', `the text has no position ${position}`);
  return text.slice(at, offsetFromStart(text, count, at));
}

const substringOf = (parameters: readonly StaticType[]): FunctionDefinition => ({
  parameters,
  returns: 'string',
  call: (given) => {
    const [text, position, count = largest] = given as [string, number, number?];
    return substring(text, position, count);
  },
});

const castFunction = (type: Type): FunctionDefinition => ({
  parameters: ['any'],
  returns: type,
  call: ([value = false]) => castTo(type, value) ?? flawed(zeroOf[type], noCast(type, value), 'cast'),
});

const castable = (type: Type): FunctionDefinition => ({
  parameters: ['any'],
  returns: 'boolean',
  call: ([value = false]) => castTo(type, value) !== undefined,
});

const absolute: FunctionDefinition = {
  parameters: ['integer'],
  returns: 'integer',
  call: (given) => {
    const value = Math.abs(given[0] as number);
    return value > largest ? flawed(largest, `${value} has more than 32 bits`, 'math') : value;
  },
};

const concat: FunctionDefinition = {
  parameters: [],
  further: 'string',
  returns: 'string',
  call: (given) => joined(given as readonly string[], ''),
};

const concatWithSeparator: FunctionDefinition = {
  parameters: ['string'],
  further: 'string',
  returns: 'string',
  call: (given) => {
    const [between = '', ...parts] = given as readonly string[];
    return joined(parts, between);
  },
};

/** By name in upper case. Of definitions with one name no two take the same number of arguments. */
const functions: ReadonlyMap<string, readonly FunctionDefinition[]> = new Map([
  ['ABS', [absolute]],
  ['BOOL', [castFunction('boolean')]],
  ['CONCAT', [concat]],
  ['CONCAT_WS', [concatWithSeparator]],
  ['INT', [castFunction('integer')]],
  ['IS_BOOL', [castable('boolean')]],
  ['IS_INT', [castable('integer')]],
  ['LEFT', [sideOf(leftOf)]],
  ['LENGTH', [ofText('integer', lengthOf)]],
  ['LOWER', [ofText('string', (text) => text.toLowerCase())]],
  ['RIGHT', [sideOf(rightOf)]],
  ['STRING', [castFunction('string')]],
  ['SUBSTRING', [substringOf(['string', 'integer']), substringOf(['string', 'integer', 'integer'])]],
  ['TRIM', [ofText('string', trimmed)]],
  ['UPPER', [ofText('string', (text) => text.toUpperCase())]],
]);

const takes = (count: number, { parameters, further }: FunctionDefinition): boolean =>
  count === parameters.length || (further !== undefined && count > parameters.length);

const countOf = ({ parameters, further }: FunctionDefinition): string =>
  further === undefined ? String(parameters.length) : `${parameters.length} or more`;

const plural = (count: number): string => (count === 1 ? '1 argument' : `${count} arguments`);

export type Found =
  { readonly definition: FunctionDefinition } | { readonly message: string; readonly expected: string };

/** The function of that name (in upper case) that takes so many arguments, or why there is none. */
export function functionOf(name: string, count: number): Found {
  const named = functions.get(name);
  if (named === undefined) {
    const meant = nearest(name, [...functions.keys()]);
    const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
    return {
      message: `there is no function ${name.slice(0, 40)}${hint}`,
      expected: meant ?? `one of ${[...functions.keys()].join(', ')}`,
    };
  }
  const definition = named.find((candidate) => takes(count, candidate));
  if (definition !== undefined) return { definition };
  const counts = named.map(countOf).join(' or ');
  return {
    message: `${name} does not take ${plural(count)}`,
    expected: counts === '1' ? plural(1) : `${counts} arguments`,
  };
}
