// One evaluation of a CESQL expression: what each part of a compiled expression is given and how it fails.
// Does not own what parts do. A part never throws: what goes wrong is written into the run, once, and from there on every
// part answers the zero value of its type (CESQL 1.0, section 4.1, fail fast; section 3.3 for the values).
import type { Attributes } from './attributes.ts';
import type { Value } from './node.ts';
import type { ProblemKind } from './problem.ts';
import { castTo, noCast, typeOf, zeroOf, type StaticType, type Type } from './values.ts';

export interface Failure {
  readonly kind: ProblemKind;
  readonly message: string;
  readonly at: number;
}

/** One evaluation. */
export interface Run {
  readonly attributes: Attributes;
  failure: Failure | undefined;
}

/** A part of a compiled expression. When it fails, its value is the zero value of its type, or a function's own. */
export type Closure<Result extends Value = Value> = (run: Run) => Result;

/** A closure with what is known of its type, and where in the text it is. */
export interface Term {
  readonly type: StaticType;
  readonly value: Closure;
  readonly at: number;
}

/** The closure of a part, cast to a type; gives the zero value when the cast fails, or anything failed before. */
export function cast(type: Type, { type: known, value, at }: Term): Closure {
  if (known === type) return value;
  const zero = zeroOf[type];
  return (run) => {
    const given = value(run);
    if (run.failure !== undefined) return zero;
    const result = castTo(type, given);
    if (result !== undefined) return result;
    run.failure = { kind: 'cast', message: noCast(type, given), at };
    return zero;
  };
}

export const asBoolean = (term: Term): Closure<boolean> => cast('boolean', term) as Closure<boolean>;
export const asInteger = (term: Term): Closure<number> => cast('integer', term) as Closure<number>;
export const asString = (term: Term): Closure<string> => cast('string', term) as Closure<string>;

/** Whether a value is the other once it is cast to the other's type. */
export function sameAs(value: Value, other: Value, run: Run, at: number): boolean {
  if (typeof value === typeof other) return value === other;
  const type = typeOf(other);
  const result = castTo(type, value);
  if (result === undefined) run.failure = { kind: 'cast', message: noCast(type, value), at };
  return result === other;
}
